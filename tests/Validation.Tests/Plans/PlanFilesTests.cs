using Cdp.Validation.Plans;

namespace Cdp.Validation.Tests.Plans;

public sealed class PlanFilesTests
{
    [Fact]
    public void Read_MissingFolder_HasNoPlans()
    {
        var errors = new List<string>();
        Assert.Null(PlanFiles.Read("/nowhere/at/all", errors).For("web"));
        Assert.Empty(errors);
    }

    [Fact]
    public void For_SourceWithAPlanOfItsOwn_IsNotHeldAgainstTheGeneralOne()
    {
        using var folder = new PlanText("{id: general, sources: '*', events: {A: {}}}", "{id: own, version: 3, sources: [web, app], events: {A: {}}}");
        var (plans, errors) = folder.Read();
        Assert.Empty(errors);
        Assert.Equal(("own", 3), (plans.For("web")!.Id, plans.For("web")!.Version));
        Assert.Equal("general", plans.For("other")!.Id);
    }

    [Fact]
    public void Read_BrokenFiles_TellsEveryFaultOfEveryFileWithItsLine()
    {
        using var folder = new PlanText(
            """
            id: shop
            version: zero
            sources: [web]
            on_violation:
              default: omit
              requierd: block
            events:
              Order Completed:
                type: objekt
                properties:
                  total: {type: number, minimun: 0}
                  code: {pattern: "(["}
                  other: {$ref: "https://example.com/schema"}
            evnts: {}
            """,
            "a: [unclosed",
            "{id: second, sources: web, events: {A: {$ref: '#/definitions/none'}}}");
        string[] expected =
        [
            "a.yaml:2: 'version' is not a whole number",
            "a.yaml:5: 'default' takes allow or block",
            "a.yaml:6: 'requierd' is not a kind of violation",
            "a.yaml:9: 'type' takes",
            "a.yaml:11: 'minimun' is not a keyword that is enforced",
            "a.yaml:12: is not a regular expression",
            "a.yaml:13: '$ref' takes #/definitions/NAME",
            "a.yaml:14: 'evnts' is not a key here",
            "b.yaml:2: ",
            "c.yaml:1: the schema of 'A' does not hold together",
            "c.yaml:1: the source 'web' has the plan 'shop' already",
        ];
        var errors = folder.Read().Errors;
        Assert.Equal(expected.Length, errors.Length);
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{}", "'id' is missing")]
    [InlineData("{id: a, events: {A: {}}}", "'sources' names no source")]
    [InlineData("{id: a, sources: web}", "'events' names no event")]
    [InlineData("{id: a, sources: web, events: {$identity: {}}}", "'$identity' is not a call")]
    [InlineData("{id: a, sources: web, events: {A: {required: x}}}", "'required' takes a list of names")]
    [InlineData("{id: a, sources: web, events: {A: {type: []}}}", "'type' takes one or a list")]
    [InlineData("{id: a, sources: web, events: {A: {if: {}}}}", "'if' is not a keyword that is enforced")]
    [InlineData("{id: a, sources: web, on_violation: {required: omit}, events: {A: {}}}", "'required' takes allow or block")]
    [InlineData("{id: a, sources: web, events: {A: {properties: {b: {format: emial}}}}}", "'format' takes one of")]
    [InlineData("[a]", "write one mapping")]
    [InlineData("id: a\nid: b", "Duplicate key")]
    public void Read_Fault_IsTold(string file, string fault)
    {
        using var folder = new PlanText(file);
        Assert.Contains(folder.Read().Errors, error => error.Contains(fault, StringComparison.Ordinal));
    }
}
