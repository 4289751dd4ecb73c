using System.Text;

namespace Cdp.Destinations.Fql;

/// <summary>Divides an FQL statement into tokens. Source: Segment's "Destination Filter Query Language" and its published lexer.</summary>
internal sealed class Lexer(string text)
{
    private int _position;

    public static List<Token> Read(string text)
    {
        var lexer = new Lexer(text);
        List<Token> tokens = [];
        do tokens.Add(lexer.Next());
        while (tokens[^1].Kind != TokenKind.End);
        return tokens;
    }

    /// <param name="position">An index into the statement.</param>
    public static FqlException Fault(string text, int position, string message)
    {
        var before = text.AsSpan(0, Math.Min(position, text.Length));
        return new FqlException(message, before.Count('\n') + 1, position - before.LastIndexOf('\n'));
    }

    private Token Next()
    {
        while (_position < text.Length && IsSpace(text[_position])) _position++;
        if (_position == text.Length) return new Token(TokenKind.End, "", [], _position);
        var start = _position;
        var character = text[_position];
        switch (character)
        {
            case '(': return Single(TokenKind.Open);
            case ')': return Single(TokenKind.Close);
            case '[': return Single(TokenKind.OpenList);
            case ']': return Single(TokenKind.CloseList);
            case ',': return Single(TokenKind.Comma);
            case '"' or '\'': return Quoted(character);
            case '=': return Operator(Peek(1) == '=' ? 2 : 1);
            case '<' when Peek(1) == '>': throw Fault(start, "'<>' is not an operator; write '!='");
            case '<' or '>': return Operator(Peek(1) == '=' ? 2 : 1);
            case '!' when Peek(1) == '=': return Operator(2);
            case '!': return Single(TokenKind.Not);
            case '&' when Peek(1) == '&': throw Fault(start, "'&&' is not an operator; write 'and'");
            case '|' when Peek(1) == '|': throw Fault(start, "'||' is not an operator; write 'or'");
            case '+' or '-' when char.IsAsciiDigit(Peek(1)): return Number();
        }
        if (char.IsAsciiDigit(character)) return Number();
        if (character == '\\' || IsWordCharacter(character)) return Word();
        throw Fault(start, $"'{character}' is not allowed here; in the name of a field put a backslash before it, as in 'properties.a\\{character}b'");
    }

    private Token Single(TokenKind kind) => new(kind, text[_position++].ToString(), [], _position - 1);

    private Token Operator(int length)
    {
        var token = new Token(TokenKind.Operator, text.Substring(_position, length), [], _position);
        _position += length;
        return token;
    }

    private Token Quoted(char quote)
    {
        var start = _position++;
        var end = text.IndexOf(quote, _position);
        if (end < 0) throw Fault(start, $"the string has no end; close it with {quote}");
        _position = end + 1;
        return new Token(TokenKind.Text, text[(start + 1)..end], [], start);
    }

    private Token Number()
    {
        var start = _position++;
        while (char.IsAsciiDigit(Peek(0))) _position++;
        if (Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
        {
            _position++;
            while (char.IsAsciiDigit(Peek(0))) _position++;
        }
        if (IsWordCharacter(Peek(0)) || Peek(0) is '\\' or '.')
        {
            throw Fault(start, "a number is digits with at most one decimal point, such as 20 or -1.5; put a string in quotes");
        }
        return new Token(TokenKind.Number, text[start.._position], [], start);
    }

    private Token Word()
    {
        var start = _position;
        List<string> parts = [];
        do
        {
            if (parts.Count > 0) _position++;
            parts.Add(Part());
        }
        while (Peek(0) == '.');
        if (_position < text.Length && !IsTerminator(text[_position]))
        {
            throw Fault(_position, $"'{text[_position]}' is not allowed in the name of a field; put a backslash before it, or a space if the name ends here");
        }
        return new Token(TokenKind.Word, text[start.._position], parts, start);
    }

    private string Part()
    {
        var part = new StringBuilder();
        while (_position < text.Length)
        {
            if (text[_position] == '\\')
            {
                if (_position + 1 == text.Length) throw Fault(_position, "nothing follows the backslash; write the character that it escapes");
                part.Append(text[_position + 1]);
                _position += 2;
            }
            else if (IsWordCharacter(text[_position])) part.Append(text[_position++]);
            else break;
        }
        return part.Length > 0 ? part.ToString() : throw Fault(_position, "a name is missing after the dot");
    }

    private char Peek(int ahead) => _position + ahead < text.Length ? text[_position + ahead] : '\0';

    private FqlException Fault(int position, string message) => Fault(text, position, message);

    private static bool IsWordCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';

    private static bool IsSpace(char character) => character is ' ' or '\t' or '\n' or '\r';

    private static bool IsTerminator(char character) => IsSpace(character) || character is ',' or ']' or ')' or '(' or '=' or '!' or '<' or '>';
}
