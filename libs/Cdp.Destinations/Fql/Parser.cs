using System.Globalization;
using System.Text;

namespace Cdp.Destinations.Fql;

/// <summary>
/// Reads a statement by the grammar of Segment's servers, in which <c>and</c> binds tighter than <c>or</c>:
/// <code>
/// or        := and { "or" and }
/// and       := not { ("and" | ",") not }
/// not       := { "!" } ( comparison )
/// comparison := operand [ ("=" | "!=" | "&lt;" | "&lt;=" | ">" | ">=" | "in") operand ]
/// operand   := "(" or ")" | path | text | number | true | false | null | function "(" [ operand { "," operand } ] ")" | "[" [ operand { "," operand } ] "]"
/// </code>
/// Keywords are lower or upper case. Statements that can only be mistakes are rejected here instead of never matching.
/// </summary>
internal sealed class Parser
{
    // Bounds the cost of one statement in a configuration file. Real statements have a few hundred characters at most.
    private const int MaxLength = 20_000;
    private const int MaxDepth = 100;

    private static readonly string[] Keywords = ["and", "or", "in", "true", "false", "null"];

    private readonly string _text;
    private readonly List<Token> _tokens;
    private readonly List<string> _warnings = [];
    private readonly HashSet<Node> _parenthesized = [];
    private int _next;
    private int _depth;

    private Parser(string text)
    {
        _text = text;
        _tokens = Lexer.Read(text);
    }

    private Token Current => _tokens[_next];

    /// <returns>The compiled statement, and warnings about syntax that other implementations of FQL interpret differently.</returns>
    /// <exception cref="FqlException">The statement is invalid.</exception>
    public static (Node Node, IReadOnlyList<string> Warnings) Read(string text)
    {
        if (text.Length > MaxLength) throw Lexer.Fault(text, MaxLength, $"the statement has {text.Length} characters; at most {MaxLength} are allowed");
        if (text.Trim() == "all") return (new Constant(Value.True), []);
        var parser = new Parser(text);
        if (parser.Current.Kind == TokenKind.End) throw parser.Fault("the statement is empty; write 'all' to match every event");
        var start = parser.Current;
        var node = parser.ReadOr();
        if (parser.Current.Kind != TokenKind.End) throw parser.Unexpected("'and', 'or' or the end of the statement");
        parser.RequireCondition(node, start);
        return (node, parser._warnings);
    }

    private Node ReadOr()
    {
        var start = Current;
        var nodes = Sequence("or", ReadAnd);
        if (nodes.Count > 1 && nodes.Any(node => node is And && !_parenthesized.Contains(node)))
        {
            const string Mixed = "'and' binds tighter than 'or', but Segment's action subscriptions read 'a or b and c' as 'a and b and c'; add parentheses";
            _warnings.Add(Lexer.Fault(_text, start.Position, Mixed).Message);
        }
        return nodes.Count == 1 ? nodes[0] : new Or(nodes);
    }

    private Node ReadAnd()
    {
        var nodes = Sequence("and", ReadNot);
        return nodes.Count == 1 ? nodes[0] : new And(nodes);
    }

    // One or more conditions separated by the keyword.
    private List<Node> Sequence(string keyword, Func<Node> read)
    {
        List<Node> nodes = [];
        while (true)
        {
            var start = Current;
            var node = read();
            nodes.Add(node);
            if (keyword == "and" && Current.Kind == TokenKind.Comma)
            {
                _warnings.Add(Fault("a comma between conditions means 'and', as in Segment's action subscriptions; write 'and'").Message);
            }
            else if (!Current.Is(keyword))
            {
                if (nodes.Count > 1) RequireCondition(node, start);
                return nodes;
            }
            RequireCondition(node, start);
            _next++;
        }
    }

    private Node ReadNot()
    {
        if (Current.Kind != TokenKind.Not) return ReadComparison();
        _next++;
        var start = Current;
        var node = Deeper(ReadNot);
        RequireCondition(node, start);
        return new Not(node);
    }

    private Node ReadComparison()
    {
        var start = Current;
        var left = ReadOperand();
        var comparison = Current;
        if (comparison.Is("in"))
        {
            _next++;
            var at = Current;
            var list = ReadOperand();
            if (list is Constant) throw Fault(at, "the right side of 'in' must be a list, such as [\"a\", \"b\"], or a field that contains one");
            return new Membership(left, list);
        }
        if (comparison.Kind != TokenKind.Operator) return left;
        _next++;
        var end = Current;
        var right = ReadOperand();
        if (Current.Kind == TokenKind.Operator) throw Fault("comparisons cannot be chained; join two with 'and'");
        if (comparison.Text == "==")
        {
            _warnings.Add(Fault(comparison, "'==' means '=' here, but Segment's action subscriptions never match it; write '='").Message);
        }
        if (comparison.Text is "=" or "==" or "!=") return new Equality(left, right, negated: comparison.Text == "!=");
        RequireNumber(left, start, comparison);
        RequireNumber(right, end, comparison);
        return new Ordering(left, comparison.Text, right);
    }

    private Node ReadOperand()
    {
        var token = Current;
        _next++;
        switch (token.Kind)
        {
            case TokenKind.Open:
                var inner = Deeper(ReadOr);
                Expect(TokenKind.Close, "')'");
                _parenthesized.Add(inner);
                return inner;
            case TokenKind.Text:
                return new Constant(Value.Of(token.Text));
            case TokenKind.Number:
                return new Constant(Value.Of(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.OpenList:
                return new ListOf(Deeper(() => Arguments(TokenKind.CloseList, "']'")));
            case TokenKind.Word when Current.Kind == TokenKind.Open:
                _next++;
                return CallOf(token, Deeper(() => Arguments(TokenKind.Close, "')'")));
            case TokenKind.Word when token.Is("true"):
                return new Constant(Value.True);
            case TokenKind.Word when token.Is("false"):
                return new Constant(Value.False);
            case TokenKind.Word when token.Is("null"):
                return new Constant(Value.Null);
            case TokenKind.Word when !Keywords.Any(token.Is):
                return new Field([.. token.Parts.Select(Encoding.UTF8.GetBytes)]);
        }
        _next--;
        throw Unexpected("a field, a value, a function or '('");
    }

    private List<Node> Arguments(TokenKind close, string closing)
    {
        List<Node> nodes = [];
        if (Current.Kind == close)
        {
            _next++;
            return nodes;
        }
        while (true)
        {
            nodes.Add(ReadOperand());
            if (Current.Kind == TokenKind.Comma) _next++;
            else
            {
                Expect(close, $"',' or {closing}");
                return nodes;
            }
        }
    }

    private Call CallOf(Token name, List<Node> arguments)
    {
        if (!Function.ByName.TryGetValue(name.Text, out var function))
        {
            throw Fault(name, $"there is no function '{name.Text}'; the functions are {string.Join(", ", Function.ByName.Keys)}");
        }
        if (arguments.Count != function.Arguments)
        {
            throw Fault(name, $"'{name.Text}' has {arguments.Count} arguments; write {function.Usage}");
        }
        if (name.Text is "contains" or "match" && arguments.OfType<Constant>().Any(constant => constant.Value.Kind is not (ValueKind.Text or ValueKind.Null)))
        {
            throw Fault(name, $"'{name.Text}' works on strings; put the value in quotes: {function.Usage}");
        }
        if (name.Text != "match" || arguments[1] is not Constant { Value.Kind: ValueKind.Text } pattern) return new Call(function, arguments);
        var glob = Glob.Read(pattern.Value.Text(), out var fault) ?? throw Fault(name, $"the pattern '{pattern.Value.Text()}' is not valid: {fault}");
        return new Call(Function.MatchOf(glob), [arguments[0]]);
    }

    // A condition is true or false. A string or a number is neither, so the statement would never match.
    private void RequireCondition(Node node, Token start)
    {
        if (node is ListOf || node is Constant { Value.Kind: ValueKind.Text or ValueKind.Number })
        {
            throw Fault(start, $"'{start.Text}' is a value, not a condition; compare it with a field, such as 'event = \"{start.Text}\"'");
        }
    }

    private void RequireNumber(Node node, Token start, Token comparison)
    {
        if (node is ListOf || node is Constant { Value.Kind: not ValueKind.Number })
        {
            throw Fault(start, $"'{comparison.Text}' compares numbers; write a number without quotes, and number(...) around a field that contains a string");
        }
    }

    private T Deeper<T>(Func<T> read)
    {
        if (++_depth > MaxDepth) throw Fault($"the statement is nested deeper than {MaxDepth} levels; divide it");
        var result = read();
        _depth--;
        return result;
    }

    private void Expect(TokenKind kind, string what)
    {
        if (Current.Kind != kind) throw Unexpected(what);
        _next++;
    }

    private FqlException Unexpected(string expected)
    {
        var found = Current.Kind == TokenKind.End ? "the end of the statement" : $"'{_text.AsSpan(Current.Position, Math.Max(1, Current.Text.Length))}'";
        return Fault($"expected {expected}, found {found}");
    }

    private FqlException Fault(string message) => Fault(Current, message);

    private FqlException Fault(Token token, string message) => Lexer.Fault(_text, token.Position, message);
}
