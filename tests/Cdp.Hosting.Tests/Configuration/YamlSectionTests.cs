using Cdp.Hosting.Configuration;

namespace Cdp.Hosting.Tests.Configuration;

/// <summary>Any file is read in bounded time and memory, or rejected with a line number.</summary>
public sealed class YamlSectionTests
{
    [Fact]
    public void Read_AliasesThatMultiply_IsRejected() =>
        AssertRejected(Aliases(30, repeated: 10), "f.yaml:7: with every alias expanded the file has more than 1000000 values");

    [Fact]
    public void Read_AliasesThatMultiplyInAKey_IsRejected() =>
        AssertRejected(Aliases(30, repeated: 10) + "? *a30\n: x", "f.yaml:7: with every alias expanded the file has more than 1000000 values");

    [Fact]
    public void Read_AliasesThatNestDeeper_IsRejected() =>
        AssertRejected(Aliases(30_000, repeated: 1), "nested more than 200 deep");

    [Fact]
    public void Read_EndlessNesting_IsRejected() => AssertRejected("a: " + new string('[', 100_000), "f.yaml:1: with every alias expanded the file has");

    [Theory]
    [InlineData("a: &a [*a]")]
    [InlineData("a: &a {b: {c: *a}}")]
    public void Read_AliasOfItself_IsRejected(string yaml) => AssertRejected(yaml, "f.yaml:1: the alias '*a' is inside the value that it names; remove it");

    [Fact]
    public void Read_UnknownAlias_IsRejected() => AssertRejected("a: *b", "f.yaml:1:");

    [Fact]
    public void Read_OrdinaryAliases_AreExpanded()
    {
        var errors = new List<string>();
        var section = YamlSection.Read("f.yaml", new StringReader("a: &a {x: 1}\nb: *a\nc: [*a, *a]\nd: &d x\ne: *d"), errors);

        Assert.Empty(errors);
        Assert.Equal((1, 2, "x"), (section!.Section("b")!.Number("x", 0, 0, 9), section.Sections("c").Count, section.Text("e")));
    }

    // Each line names the one before it.
    private static string Aliases(int lines, int repeated)
    {
        var aliases = Enumerable.Range(1, lines).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", repeated))}]\n");
        return $"a0: &a0 [x]\n{string.Concat(aliases)}";
    }

    private static void AssertRejected(string yaml, string fault)
    {
        var errors = new List<string>();

        Assert.Null(YamlSection.Read("f.yaml", new StringReader(yaml), errors));
        Assert.Contains(fault, Assert.Single(errors), StringComparison.Ordinal);
    }
}
