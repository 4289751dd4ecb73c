namespace Cdp.Ingestion.Mapping;

/// <summary>A position in a string that is being parsed, and the first error found in it.</summary>
public sealed class Cursor(string text)
{
    public int Position { get; private set; }

    public string? Fault { get; private set; }

    public bool IsAtEnd => Position == text.Length;

    /// <summary>The next character; U+0000 at the end.</summary>
    public char Next => IsAtEnd ? '\0' : text[Position];

    public char Take() => IsAtEnd ? '\0' : text[Position++];

    public bool TryTake(string expected)
    {
        if (string.CompareOrdinal(text, Position, expected, 0, expected.Length) != 0) return false;
        Position += expected.Length;
        return true;
    }

    public string TakeWhile(Func<char, bool> belongs)
    {
        var start = Position;
        while (!IsAtEnd && belongs(text[Position])) Position++;
        return text[start..Position];
    }

    public void SkipBlanks() => TakeWhile(char.IsWhiteSpace);

    public string Since(int start) => text[start..Position];

    /// <summary>Records an error with its position, unless there is an earlier one.</summary>
    public void Fail(string fault) => Fault ??= $"{fault}, at character {Position + 1} of '{text}'";
}
