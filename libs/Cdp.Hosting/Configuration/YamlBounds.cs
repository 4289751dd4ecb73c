using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Cdp.Hosting.Configuration;

/// <summary>
/// Rejects YAML that becomes too large when its aliases are expanded. Ten lines that each name the previous one ten times expand to ten billion values, and an
/// alias inside the value that it names expands without end: code that walks the nodes recursively would hang or overflow the stack. The check reads the events
/// of the parser in one pass, before any nodes exist, because even hashing a node walks it.
/// </summary>
internal static class YamlBounds
{
    private const int MaxNodes = 1_000_000;
    private const int MaxDepth = 200;

    private static readonly string TooLarge =
        $"with every alias expanded the file has more than {MaxNodes} values, or values nested more than {MaxDepth} deep; "
        + "shorten it, and remove nested aliases";

    /// <summary>Checks a YAML text.</summary>
    /// <returns>The line and what is wrong there; null if the text is within the bounds.</returns>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static (long Line, string Fault)? Check(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        var named = new Dictionary<AnchorName, Size>();
        var open = new Stack<(AnchorName Anchor, Size Size)>([(AnchorName.Empty, default)]);
        while (parser.MoveNext())
        {
            var at = parser.Current!;
            switch (at)
            {
                case SequenceStart or MappingStart:
                    open.Push((((NodeEvent)at).Anchor, default));
                    break;
                case SequenceEnd or MappingEnd:
                    var (anchor, content) = open.Pop();
                    Add(anchor, new Size(content.Nodes + 1, content.Depth + 1));
                    break;
                case Scalar scalar:
                    Add(scalar.Anchor, new Size(1, 1));
                    break;
                case AnchorAlias alias when named.TryGetValue(alias.Value, out var size):
                    Add(AnchorName.Empty, size);
                    break;
                case AnchorAlias alias when open.Any(container => container.Anchor == alias.Value):
                    return (at.Start.Line, $"the alias '*{alias.Value}' is inside the value that it names; remove it");
            }
            if (open.Count > MaxDepth || open.Peek().Size is { Nodes: > MaxNodes } or { Depth: > MaxDepth })
                return (at.Start.Line, TooLarge);
        }
        return null;

        void Add(AnchorName anchor, Size size)
        {
            if (!anchor.IsEmpty) named[anchor] = size;
            var (container, sum) = open.Pop();
            open.Push((container, new Size(sum.Nodes + size.Nodes, Math.Max(sum.Depth, size.Depth))));
        }
    }

    private readonly record struct Size(long Nodes, int Depth);
}
