namespace Cdp.Destinations.Fql;

internal enum TokenKind
{
    /// <summary>A path such as <c>context.page.path</c>, a function's name, or a keyword.</summary>
    Word,
    Text,
    Number,
    Operator,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Not,
    End,
}

/// <summary>A piece of a statement.</summary>
/// <param name="Kind">The kind of token.</param>
/// <param name="Text">The content of a string, an operator's characters, or the source text of a word or number.</param>
/// <param name="Parts">The parts of a word between its dots, with escapes resolved; empty for all others.</param>
/// <param name="Position">Index of its first character in the statement.</param>
internal sealed record Token(TokenKind Kind, string Text, IReadOnlyList<string> Parts, int Position)
{
    /// <summary>Whether this is the keyword, in lower or upper case, written without escapes.</summary>
    public bool Is(string keyword) => Kind == TokenKind.Word && (Text == keyword || Text == keyword.ToUpperInvariant());
}
