r"""A handout as LaTeX that compiles with plain packages, with pdfLaTeX as well as with XeLaTeX and LuaLaTeX.

Letters that pdfLaTeX has no font for need one of the other two; these take a font that has them, where there is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.handouts import narration
from attn_explore.explorer.drawing.handouts.page import ANSWERS, STAND, WORKED, Answer, Cell, Handout, Stop, Table
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from markdown_it.token import Token

_MATHS = {
    "×": "times", "·": "cdot", "√": "surd", "∞": "infty", "→": "rightarrow", "←": "leftarrow", "↓": "downarrow",
    "↑": "uparrow", "↔": "leftrightarrow", "∂": "partial", "Σ": "Sigma", "Δ": "Delta", "Φ": "Phi", "Θ": "Theta",
    "Λ": "Lambda", "Π": "Pi", "Ω": "Omega", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon",
    "η": "eta", "θ": "theta", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi",
    "χ": "chi", "ψ": "psi", "ω": "omega", "≤": "leq", "≥": "geq", "≈": "approx", "≠": "neq", "⊙": "odot", "⊕": "oplus",
    "∈": "in", "∑": "Sigma", "∇": "nabla", "╳": "times", "±": "pm", "÷": "div",
}  # fmt: skip
"""Signs by their names in mathematics."""

SIGNS: Mapping[str, str] = MappingProxyType({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}",
    "−": r"\ensuremath{-}", "⁻": r"\ensuremath{^-}", "⁺": r"\ensuremath{^+}",
    "′": r"\ensuremath{'}", "ᵀ": r"\textsuperscript{T}",
    "ˣ": r"\textsuperscript{x}", "²": r"\textsuperscript{2}", "…": r"\dots{}", "–": r"\textendash{}",
    "—": r"\textemdash{}", "“": "``{}", "”": "''{}", "‘": "`{}", "’": "'{}", "␣": r"\textvisiblespace{}",
    **{sign: rf"\ensuremath{{\{name}}}" for sign, name in _MATHS.items()},
})  # fmt: skip
"""How the signs are written that mean something to LaTeX, or that its usual fonts do not have."""

_HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ"
_LIGATURE = re.compile(r"([-,])(?=\1)")
"""Signs that LaTeX makes another one of where they stand twice."""
_FOREIGN = re.compile("[\u0250-\U0010ffff]+")
"""Letters that the usual fonts do not have, beside the signs."""

_FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "Songti SC", "Droid Sans Fallback",
          "Arial Unicode MS", "DejaVu Sans")  # fmt: skip
"""Fonts that have letters of many scripts, the nicest first."""

_OF_WORDS = r"""\ifPDFTeX
  \newcommand{\words}[1]{\PackageError{handout}{pdfLaTeX has no font for these words}{Run xelatex or lualatex.}}
\else
  %FONTS%
  \newcommand{\words}[1]{{\wordfont #1}}
\fi
"""
"""How words are set that the usual fonts have no letters for."""

_PREAMBLE = r"""\documentclass[a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
\else
  \usepackage{fontspec}
\fi
\usepackage[margin=20mm]{geometry}
\usepackage{array}
\usepackage{graphicx}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\newcommand{\blank}{\rule[-2mm]{0pt}{7mm}\hspace{14mm}}
\newsavebox{\matrixbox}
\newenvironment{fitted}{\begin{lrbox}{\matrixbox}}{\end{lrbox}%
  \ifdim\wd\matrixbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\matrixbox}}\else\usebox{\matrixbox}\fi\par}
"""


def latex_of(handout: Handout) -> str:
    """The whole handout."""
    return "\n".join((*_lines(handout), ""))


def _lines(handout: Handout) -> Iterator[str]:
    body = list(_body(handout))
    yield _PREAMBLE.rstrip()
    if any(r"\words{" in line for line in body):
        yield _OF_WORDS.replace("%FONTS%", _fonts()).rstrip()
    yield r"\begin{document}"
    yield from body
    yield r"\end{document}"


def _fonts() -> str:
    """What chooses the first of the fonts that there is."""
    chosen = "".join(rf"\IfFontExistsTF{{{font}}}{{\newfontfamily\wordfont{{{font}}}}}{{" for font in _FONTS)
    return rf"{chosen}\let\wordfont\relax{'}' * len(_FONTS)}"


def _body(handout: Handout) -> Iterator[str]:
    yield rf"{{\LARGE\bfseries {text(handout.title)}\par}}"
    yield from _paragraph(text(handout.summary))
    for stop in handout.stops:
        yield from _stop(stop)
    if handout.answers:
        yield from (r"\clearpage", rf"\section*{{{ANSWERS}}}")
        for answer in handout.answers:
            yield from _answer(answer)


def _stop(stop: Stop) -> Iterator[str]:
    yield rf"\section*{{{stop.number}. {text(stop.title)}}}"
    yield from _paragraph(rf"\texttt{{{text(stop.path)}}}, {text(stop.shape)}")
    yield from _paragraph(text(stop.formula))
    yield from _paragraph(narrated(stop.say))
    yield from _paragraph(stop.empty)
    yield from _tables(stop)
    if stop.ask:
        yield from _paragraph(rf"\textbf{{Question:}} {narrated(stop.ask)}")
        yield from _paragraph(r" \quad ".join(map(text, stop.choices)))
    yield from _worked(stop.worked)
    if stop.answer:
        yield from _paragraph(rf"\textbf{{Answer:}} {text(stop.answer)}")


def _answer(answer: Answer) -> Iterator[str]:
    yield rf"\subsection*{{{answer.number}. {text(answer.title)}}}"
    yield from _paragraph(text(answer.said))
    yield from _tables(answer)
    yield from _worked(answer.worked)


def _paragraph(said: str) -> Iterator[str]:
    if said:
        yield from (said, "")


def _worked(lines: Sequence[str]) -> Iterator[str]:
    """Arithmetic in letters of one width, whose spaces stay; a line that is too long is made smaller."""
    if lines:
        shown = (rf"\strut {text(line).replace(' ', '~')}" for line in lines)
        yield from (f"{WORKED}:", "", r"\begin{fitted}\ttfamily\small\begin{tabular}{@{}l@{}}")
        yield from (f"{line} \\\\" for line in shown)
        yield from (r"\end{tabular}\end{fitted}", "")


def _tables(part: Stop | Answer) -> Iterator[str]:
    """The tables of a stop or of an answer, or where they stand."""
    if part.tables_at:
        yield from _paragraph(f"{STAND} {part.tables_at}.")
    for table in part.tables:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield from _paragraph(f"{text(table.title)}:")
    corner = text(" \\ ".join(filter(None, (table.rows_are, table.columns_are))))
    yield rf"\begin{{fitted}}\begin{{tabular}}{{|l|{'r|' * len(table.heads)}}}\hline"
    yield rf"{' & '.join((corner, *map(text, table.heads)))} \\ \hline"
    for row in table.rows:
        yield rf"{' & '.join((text(row.label), *map(_cell, row.cells)))} \\ \hline"
    yield from (r"\end{tabular}\end{fitted}", "")
    yield from _paragraph(text(table.left_out))


def _cell(cell: Cell) -> str:
    if not cell.text:
        return r"\blank"
    number = text(cell.text.replace("-", "−"))
    return rf"\textbf{{{number}}}" if cell.is_marked else number


def text(said: str) -> str:
    r"""Text of a file, of which no sign is obeyed.

    >>> text("50% of A_ij")
    '50\\% of A\\_ij'
    """
    return _FOREIGN.sub(r"\\words{\g<0>}", _LIGATURE.sub(r"\g<0>{}", "".join(map(_letter, visible(said)))))


def _letter(letter: str) -> str:
    if letter in SIGNS:
        return SIGNS[letter]
    plain = unicodedata.normalize("NFKD", letter)
    if unicodedata.decomposition(letter).startswith("<fraction>"):
        return plain.replace("\N{FRACTION SLASH}", "/")
    if plain != letter and plain.isascii() and plain.isalnum():  # a small letter or figure, high or low
        command = "textsuperscript" if letter in _HIGH or unicodedata.decomposition(letter).startswith("<super>") else (
            "textsubscript" if unicodedata.decomposition(letter).startswith("<sub>") else ""
        )  # fmt: skip
        return rf"\{command}{{{plain}}}" if command else plain
    return letter


def narrated(said: str) -> str:
    """A narration as LaTeX: paragraphs, emphasis, code, lists and quotes."""
    return "".join(map(_block, narration.tokens(said))).strip() if said else ""


_BLOCKS: Mapping[str, str] = MappingProxyType({
    "paragraph_close": "\n\n", "bullet_list_open": "\\begin{itemize}\n", "bullet_list_close": "\\end{itemize}\n",
    "ordered_list_open": "\\begin{enumerate}\n", "ordered_list_close": "\\end{enumerate}\n",
    "list_item_open": "\\item ",
    "blockquote_open": "\\begin{quote}\n", "blockquote_close": "\\end{quote}\n", "hr": "\\par\\hrulefill\\par\n",
    "strong_open": r"\textbf{", "strong_close": "}", "em_open": r"\emph{", "em_close": "}", "softbreak": " ",
    "hardbreak": "\\newline\n",
})  # fmt: skip


def _block(token: Token) -> str:
    if token.type == "inline":
        return "".join(map(_block, token.children or ()))
    if token.type in ("fence", "code_block"):
        return "".join(
            rf"\texttt{{{text(line).replace(' ', '~')}}}\par{chr(10)}" for line in token.content.splitlines()
        )
    if token.type == "code_inline":
        return rf"\texttt{{{text(token.content)}}}"
    return _BLOCKS.get(token.type, text(token.content))
