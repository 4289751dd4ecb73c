using Cdp.Validation.Plans;
using Xunit;

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
    public void For_SourceWithItsOwnPlan_IgnoresTheGeneralPlan()
    {
        using var folder = new PlanText("{id: general, sources: '*', events: {A: {}}}", "{id: own, version: 3, sources: [web, app], events: {A: {}}}");
        var (plans, errors) = folder.Read();
        Assert.Empty(errors);
        Assert.Equal(("own", 3), (plans.For("web")!.Id, plans.For("web")!.Version));
        Assert.Equal("general", plans.For("other")!.Id);
    }

    [Fact]
    public void Read_FaultyFiles_ListsEveryFaultOfEveryFileWithItsLine()
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
            "a.yaml:2: 'version' must be a whole number",
            "a.yaml:5: 'default' has no such action; write one of allow, block",
            "a.yaml:6: 'requierd' is not a kind of violation",
            "a.yaml:9: 'type' must be one",
            "a.yaml:11: 'minimun' is not a supported keyword",
            "a.yaml:12: the pattern '([' is not a regular expression",
            "a.yaml:13: '$ref' must be #/definitions/NAME",
            "a.yaml:14: 'evnts' is not a known key",
            "b.yaml:2: ",
            "c.yaml:1: '$ref' names 'none', which the definitions of this event's schema do not have",
            "c.yaml:1: the source 'web' is already in the plan 'shop'",
        ];
        var errors = folder.Read().Errors;
        Assert.Equal(expected.Length, errors.Length);
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{}", "'id' is missing")]
    [InlineData("{id: a, events: {A: {}}}", "'sources' lists no source")]
    [InlineData("{id: a, sources: web}", "'events' lists no event")]
    [InlineData("{id: a, sources: web, events: {$identity: {}}}", "'$identity' is not a call")]
    [InlineData("{id: a, sources: web, events: {A: {required: x}}}", "'required' must be a list of names")]
    [InlineData("{id: a, sources: web, events: {A: {type: []}}}", "'type' must be one or a list")]
    [InlineData("{id: a, sources: web, events: {A: {if: {}}}}", "'if' is not a supported keyword")]
    [InlineData("{id: a, sources: web, on_violation: {required: omit}, events: {A: {}}}", "'required' has no such action; write one of allow, block")]
    [InlineData("{id: a, sources: web, events: {A: {properties: {b: {format: emial}}}}}", "'format' must be one of")]
    [InlineData("{id: a, sources: web, events: {A: {pattern: [a]}}}", "'pattern' must be a regular expression")]
    [InlineData("{id: a, sources: web, events: {A: {pattern: '(?=a)'}}}", "'(?=a)' cannot be matched in linear time")]
    [InlineData("{id: a, sources: web, events: {A: {pattern: '(a)\\1'}}}", "cannot be matched in linear time")]
    [InlineData("{id: a, sources: web, events: {A: {pattern: '^[a-z]{1,5000}$'}}}", "cannot be matched in linear time")]
    [InlineData("{id: a, sources: web, events: {A: {patternProperties: {'(?<!a)b': {}}}}}", "'(?<!a)b' cannot be matched in linear time")]
    [InlineData("[a]", "write one mapping")]
    [InlineData("id: a\nid: b", "Duplicate key")]
    public void Read_Fault_IsReported(string file, string fault)
    {
        using var folder = new PlanText(file);
        Assert.Contains(folder.Read().Errors, error => error.Contains(fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{$ref: '#/definitions/a'}", "{a: {$ref: '#/definitions/a'}}")]
    [InlineData("{$ref: '#/definitions/a'}", "{a: {$ref: '#/definitions/b'}, b: {$ref: '#/definitions/a'}}")]
    [InlineData("{type: string}", "{a: {anyOf: [{type: string}, {$ref: '#/definitions/a'}]}}")]
    [InlineData("{type: string}", "{a: {allOf: [{oneOf: [{not: {$ref: '#/definitions/a'}}]}]}}")]
    public void Read_ReferenceThatNeverEnds_IsRejectedWithItsLine(string schema, string definitions)
    {
        using var folder = new PlanText($"id: p\nsources: web\nevents:\n  A:\n    properties: {{x: {schema}}}\n    definitions: {definitions}");
        var error = Assert.Single(folder.Read().Errors);
        Assert.Matches("^a.yaml:[56]: '\\$ref' to '[ab]' leads back to itself .*; refer to it from properties or items only", error);
    }

    [Fact]
    public void Read_ReferenceToItselfFromAMember_IsAccepted()
    {
        const string definition = "{properties: {next: {$ref: '#/definitions/a'}}, items: {$ref: '#/definitions/a'}}";
        using var folder = new PlanText($"{{id: p, sources: web, events: {{A: {{$ref: '#/definitions/a', definitions: {{a: {definition}}}}}}}}}");
        Assert.Empty(folder.Read().Errors);
    }

    [Fact]
    public void Read_AliasesThatMultiplyInAnEnum_AreRejected()
    {
        var levels = Enumerable.Range(1, 20).Select(i => $"      d{i}: &d{i} [{string.Join(", ", Enumerable.Repeat($"*d{i - 1}", 10))}]");
        using var folder = new PlanText(
            $"id: p\nsources: web\nevents:\n  A:\n    definitions:\n      d0: &d0 [a]\n{string.Join('\n', levels)}\n    const: *d20\n    required: *d20\n");
        var error = Assert.Single(folder.Read().Errors);
        Assert.Contains("a.yaml:12: with every alias expanded the file has more than 1000000 values", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AliasesThatMultiply_AreRejected()
    {
        var levels = Enumerable.Range(1, 4).Select(i => $"      d{i}: &d{i} {{anyOf: [{string.Join(", ", Enumerable.Repeat($"*d{i - 1}", 10))}]}}");
        using var folder = new PlanText($"id: p\nsources: web\nevents:\n  A:\n    definitions:\n      d0: &d0 {{type: string}}\n{string.Join('\n', levels)}\n");
        Assert.Contains("more than 10000 schemas", Assert.Single(folder.Read().Errors), StringComparison.Ordinal);
    }
}
