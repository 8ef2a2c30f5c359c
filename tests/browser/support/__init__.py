"""What browser tests are made with: browsers, servers, the page as a reader's hands find it."""
