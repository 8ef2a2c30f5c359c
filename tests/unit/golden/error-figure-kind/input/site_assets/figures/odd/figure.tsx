/** Code. */
