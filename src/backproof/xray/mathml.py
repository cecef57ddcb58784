"""The few MathML elements that the rules are written with. Every function returns markup."""

from __future__ import annotations

from html import escape


def math(*parts: str) -> str:
    """A formula on a line of its own."""
    return f'<math display="block">{row(*parts)}</math>'


def row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def name(text: str) -> str:
    """A variable; the number behind a letter is its index, words of several letters stand upright."""
    if text[1:].isdecimal():
        return f"<msub><mi>{escape(text[0])}</mi><mn>{text[1:]}</mn></msub>"
    return f"<mi>{escape(text)}</mi>"


def sign(text: str) -> str:
    """An operator: =, ·, ⊙, Σ."""
    return f"<mo>{escape(text)}</mo>"


def number(text: str) -> str:
    return f"<mn>{escape(text)}</mn>"


def fraction(above: str, below: str) -> str:
    return f"<mfrac>{above}{below}</mfrac>"


def sub(base: str, index: str) -> str:
    return f"<msub>{base}{index}</msub>"


def sup(base: str, exponent: str) -> str:
    return f"<msup>{base}{exponent}</msup>"


def transposed(base: str) -> str:
    return sup(base, "<mi>T</mi>")


def under(base: str, text: str) -> str:
    """`base` with a remark below it: its shape."""
    gap = '<mspace width="0.3em"/>'  # two shapes side by side must not run into one another
    return f"{gap}<munder>{base}<mtext>{escape(text)}</mtext></munder>{gap}" if text else base


def partial(of: str) -> str:
    """∂L/∂of."""
    return fraction(row("<mo>∂</mo>", name("L")), row("<mo>∂</mo>", name(of)))


def sum_over(index: str) -> str:
    return f"<munder><mo>Σ</mo>{name(index)}</munder>"
