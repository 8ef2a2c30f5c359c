"""Names of the elements that a page may hold: a browser drops any other tag without a word."""

HTML = frozenset(
    {"a", "abbr", "address", "area", "article", "aside", "audio", "b", "base", "bdi", "bdo",
     "blockquote", "body", "br", "button", "canvas", "caption", "cite", "code", "col", "colgroup",
     "data", "datalist", "dd", "del", "details", "dfn", "dialog", "div", "dl", "dt", "em", "embed",
     "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3",
     "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "img", "input",
     "ins", "kbd", "label", "legend", "li", "link", "main", "map", "mark", "menu", "meta", "meter",
     "nav", "noscript", "object", "ol", "optgroup", "option", "output", "p", "picture", "pre",
     "progress", "q", "rp", "rt", "ruby", "s", "samp", "script", "search", "section", "select",
     "slot", "small", "source", "span", "strong", "style", "sub", "summary", "sup", "table",
     "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track",
     "u", "ul", "var", "video", "wbr"}
    # long out of the standard, still drawn; `book check` advises against them
    | {"acronym", "big", "center", "dir", "font", "nobr", "strike", "tt"}
)  # fmt: skip
"""Of the HTML standard (html.spec.whatwg.org, index of elements), frames of old included."""

SVG = frozenset(
    {"animate", "animatemotion", "animatetransform", "circle", "clippath", "defs", "desc",
     "ellipse", "feblend", "fecolormatrix", "fecomponenttransfer", "fecomposite",
     "feconvolvematrix", "fediffuselighting", "fedisplacementmap", "fedistantlight",
     "fedropshadow", "feflood", "fefunca", "fefuncb", "fefuncg", "fefuncr", "fegaussianblur",
     "feimage", "femerge", "femergenode", "femorphology", "feoffset", "fepointlight",
     "fespecularlighting", "fespotlight", "fetile", "feturbulence", "filter", "foreignobject", "g",
     "image", "line", "lineargradient", "marker", "mask", "metadata", "mpath", "path", "pattern",
     "polygon", "polyline", "radialgradient", "rect", "set", "stop", "svg", "switch", "symbol",
     "text", "textpath", "tspan", "use", "view"}
)  # fmt: skip
"""Of SVG 2, in lower case as HTML reads them."""

MATHML = frozenset(
    {"annotation", "annotation-xml", "maction", "math", "menclose", "merror", "mfrac", "mi",
     "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow",
     "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
     "munder", "munderover", "none", "semantics"}
)  # fmt: skip
"""Of MathML Core, and what older formulas use."""

ELEMENTS = HTML | SVG | MATHML

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "source",
     "track", "wbr"}
)  # fmt: skip
"""Those without content, and so without an end."""

MAY_STAY_OPEN = frozenset(
    {"body", "caption", "colgroup", "dd", "dt", "head", "html", "li", "optgroup", "option", "p",
     "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr"}
)  # fmt: skip
"""Those whose end HTML lets an author leave out (html.spec.whatwg.org, optional tags)."""
