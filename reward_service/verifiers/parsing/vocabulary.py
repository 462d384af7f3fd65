"""Names the tokens know: functions, Greek letters, relations, connectives, fonts, and which letters are variables."""

from __future__ import annotations

from typing import Final

FUNCTIONS: Final = {
    **{name: name for name in (
        "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "arcsin",
        "arccos", "arctan",
        "arccot", "arcsec", "arccsc", "ln", "log", "exp", "max", "min", "gcd", "lcm", "det", "deg", "dim",
        "arg", "sgn",
        "floor", "ceil", "abs", "sqrt", "cbrt", "Re", "Im", "sup", "inf", "tr", "rank", "arsinh", "arcosh", "artanh",
    )},
    "cosec": "csc", "tg": "tan", "ctg": "cot", "arctg": "arctan", "arcctg": "arccot", "lg": "lg", "lb": "lb",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arcsinh": "arsinh", "arccosh": "arcosh", "arctanh":
    "artanh",
    "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh", "sign": "sgn", "ceiling": "ceil", "Log": "log",
    "trace": "tr",
    "cth": "coth", "th": "tanh", "sh": "sinh", "ch": "cosh", "binom": "binom", "comb": "binom",
    "acot": "arccot", "asec": "arcsec", "acsc": "arccsc", "arcosech": "arcsch", "cosech": "csch",
    **dict.fromkeys(("arsech", "asech", "arcsech"), "arsech"),
    **dict.fromkeys(("arcsch", "acsch", "arccsch"), "arcsch"),
    **dict.fromkeys(("arcoth", "acoth", "arccoth"), "arcoth"), "re": "Re", "im": "Im",
}  # fmt: skip

STRUCTURAL: Final = frozenset({"sqrt", "cbrt", "binom"})  # their LaTeX arguments are not in round brackets

SHORT_FUNCTIONS: Final = frozenset(
    {
        "th", "sh", "ch", "tr", "lb", "lg", "tg", "sup", "inf", "deg", "dim", "arg", "rank", "trace", "sign", "det",
        "comb", "re", "im"
    }
)  # fmt: skip

GREEK: Final = frozenset(
    {
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota",
        "kappa", "lambda", "mu", "nu", "xi", "omicron", "rho", "varrho", "sigma", "varsigma", "tau", "upsilon",
        "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon",
        "Phi", "Psi", "Omega", "hbar", "ell", "aleph", "nabla", "partial", "wp", "imath", "jmath", "Re", "Im",
    }
)  # fmt: skip

GREEK_SPELLING: Final = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma"
}  # fmt: skip

PLAIN_GREEK: Final = frozenset(
    {
        "alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "sigma", "omega", "phi", "rho"
    }
)  # fmt: skip

RELATIONS: Final = {
    "=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "=<": "<=", "=>": "=>", "!=": "!=", "==": "=", ":=": "=",
    "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq":
    ">=", "lt": "<",
    "gt": ">", "ne": "!=", "neq": "!=", "approx": "~", "simeq": "~", "approxeq": "~", "thickapprox": "~",
    "cong": "cong",
    "equiv": "equiv", "sim": "sim", "in": "in", "notin": "notin", "subset": "subset", "subseteq": "subset",
    "to": "to",
    "propto": "propto", "perp": "perp", "parallel": "parallel", "ni": "ni", "doteq": "~", "rightarrow": "to",
    "ll": "<", "gg": ">",
    "supset": "supset", "supseteq": "supset", "implies": "=>", "Rightarrow": "=>", "Longrightarrow": "=>",
    "iff": "<=>",
    "Leftrightarrow": "<=>", "Longleftrightarrow": "<=>", "coloneqq": "=", "longrightarrow": "to", "mapsto": "mapsto",
    "triangleq": "=", "divides": "divides", "therefore": "=>", "leftrightarrow": "<=>",
}  # fmt: skip

CONNECTIVES: Final = {
    "or": "or", "and": "and", "lor": "or", "vee": "or", "land": "and", "wedge": "and", "und": "and", "或": "or",
    "和": "and",
    "且": "and", "与": "and", "及": "and",
}  # fmt: skip

CONDITIONS: Final = frozenset(
    {
        "where", "for", "with", "if", "when", "such", "whenever", "provided", "given", "unless", "其中", "forall"
    }
)  # fmt: skip

TEXT_COMMANDS: Final = frozenset(
    {
        "text", "mbox", "textbf", "textit", "textrm", "textnormal", "textsf", "texttt", "hbox", "emph", "underline",
        "textsc", "mathrm", "mathbf", "mathit", "mathsf", "mathtt", "operatorname", "bold", "bm", "boldsymbol",
        "pmb", "mathcal", "mathscr", "mathfrak", "rm", "bf", "it", "textmd"
    }
)  # fmt: skip

MATHS_FONTS: Final = frozenset(
    {
        "mathbf", "mathit", "mathsf", "boldsymbol", "bm", "pmb", "bold", "mathcal", "mathscr", "mathfrak", "bf",
        "it"
    }
)  # fmt: skip

GLUABLE: Final = (
    "cdot",
    "times",
    "pi",
    "quad",
    "infty",
    "pm",
    "le",
    "ge",
    "circ",
    "sqrt",
    "frac",
    "sin",
    "cos",
    "tan",
    "ln",
)

KNOWN_COMMANDS: Final = frozenset(
    {
        "sqrt", "frac", "cbrt", "binom", "dbinom", "tbinom", "pi", "infty", "pm", "mp", "times", "cdot", "div",
        "circ", "degree", "prime", "cup", "cap", "setminus", "emptyset", "varnothing", "begin", "end", "lfloor",
        "rfloor", "lceil", "rceil", "langle", "rangle", "lvert", "rvert", "lVert", "rVert", "vert", "Vert", "mid",
        "sum", "prod", "int", "lim", "overline", "overrightarrow", "vec", "hat", "bar", "tilde", "dot", "ddot",
        "underbrace", "overbrace", "boxed", "fbox", "mod", "bmod", "pmod", "forall", "exists", "neg", "lnot",
        "ldots", "cdots", "dots", "vdots", "ddots", "dotsc", "angle", "triangle", "text", "mathbb", "backslash",
        "cupdot", "stackrel", "ast", "star", "bullet", "iint", "oint", "lbrace", "rbrace", "lbrack", "rbrack",
        "colon", "choose", "over", "square"
    }
)  # fmt: skip

VARIABLES: Final = frozenset("abcdxyzpqrsmnktuvwhABCDEFGHMNOPQRSTXYZ")

# Units of two letters and more, read as words when they follow a number, rather than as products of variables.
MEASURES: Final = frozenset(
    {
        "cm", "mm", "dm", "km", "nm", "kg", "mg", "ml", "mL", "dl", "cl", "kl", "ms", "Hz", "kHz", "MHz", "eV", "keV",
        "MeV",
        "mol", "rad", "min", "hr", "hrs", "sec", "km/h", "kJ", "kW", "kPa", "Pa", "lb", "lbs", "ft", "mph", "kmh", "sq",
    }
)  # fmt: skip
UNIT_LETTERS: Final = frozenset("mgshNJWVKLTF")

INFINITY_WORDS: Final = frozenset(
    {
        "infty", "infinity", "oo"
    }
)  # fmt: skip
