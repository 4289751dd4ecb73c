using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Cdp.Architecture.Tests.Code;

/// <summary>Lines of C# have at most as many characters as <c>max_line_length</c> in <c>.editorconfig</c> allows.</summary>
public sealed class LineTests
{
    private const int MaxLength = 160;

    [Fact]
    public void EditorConfig_MaxLineLength_IsWhatTheTestHolds() =>
        Assert.Contains($"max_line_length = {MaxLength}", Repository.Read(".editorconfig").Split('\n'));

    [Fact]
    public void Files_Lines_AreShortEnough()
    {
        var long_ = Repository.Files(".cs").SelectMany(file => TooLong(file, Repository.Read(file)));
        Assert.True(!long_.Any(), string.Join('\n', long_));
    }

    [Fact]
    public void TooLong_RawStringOrAddress_MayBeLong()
    {
        var words = new string('x', MaxLength);
        Assert.Equal(["a.cs:2 has 175 characters"], TooLong("a.cs", $"var a = 1;\nvar b = \"{words}\"; //\n".Replace("var b", "var bc")));
        Assert.Empty(TooLong("a.cs", $"var a = \"\"\"\n    {words}\n    \"\"\";\n// https://example.com/{words}\n"));
    }

    // A raw string is data: a line break would change it. A URL cannot be divided.
    private static IEnumerable<string> TooLong(string file, string text)
    {
        var lines = text.Split('\n');
        if (lines.All(line => line.Length <= MaxLength)) yield break;
        var raw = RawStringLines(text);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length <= MaxLength || raw.Contains(i) || lines[i].Contains("://", StringComparison.Ordinal)) continue;
            yield return $"{file}:{i + 1} has {lines[i].Length} characters";
        }
    }

    private static HashSet<int> RawStringLines(string text)
    {
        var tree = CSharpSyntaxTree.ParseText(text);
        return tree.GetRoot().DescendantTokens(descendIntoTrivia: false)
            .Where(token => token.Kind() is SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.Utf8MultiLineRawStringLiteralToken
                or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.Utf8SingleLineRawStringLiteralToken or SyntaxKind.InterpolatedStringTextToken)
            .Select(token => tree.GetLineSpan(token.Span))
            .SelectMany(span => Enumerable.Range(span.StartLinePosition.Line, span.EndLinePosition.Line - span.StartLinePosition.Line + 1)).ToHashSet();
    }
}
