using Cdp.Validation.Plans;
using Cdp.Validation.Schemas;
using Cdp.Validation.Tests.Plans;
using Xunit;

namespace Cdp.Validation.Tests.Schemas;

/// <summary>
/// Whatever the sender's input and the operator's schema, validation takes bounded time and memory. Without the bounds each of these took minutes
/// or megabytes, or ended the process.
/// </summary>
public sealed class BoundsTests
{
    // Far more than any of these takes, and far less than they took without the bounds.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private const string StringTags = "{properties: {tags: {items: {type: string}}}}";

    [Theory]
    [InlineData("{properties: {mail: {pattern: '^([a-z]+)+@'}}}", 28)]
    [InlineData("{properties: {mail: {pattern: '^([a-z]+)+@'}}}", 100_000)]
    [InlineData("{properties: {mail: {pattern: '(a|aa)+$'}}}", 100_000)]
    [InlineData("{properties: {mail: {format: email}}}", 100_000)]
    [InlineData("{properties: {mail: {format: date-time}}}", 100_000)]
    [InlineData("{properties: {mail: {format: duration}}}", 100_000)]
    [InlineData("{properties: {mail: {format: hostname}}}", 100_000)]
    public async Task Validate_TextOnWhichAPatternCouldBacktrack_IsAViolation(string schema, int letters)
    {
        var verdict = await ValidateAsync(schema, $$"""{"mail":"{{new string('a', letters)}}!"}""");
        Assert.Equal("/properties/mail", Assert.Single(verdict.Violations).path);
    }

    [Fact]
    public async Task Validate_NameOnWhichAPatternCouldBacktrack_IsAnAdditionalMember()
    {
        const string schema = "{additionalProperties: false, patternProperties: {'^([a-z]+)+@': {}}}";
        var verdict = await ValidateAsync(schema, $$"""{"{{new string('a', 100_000)}}":1}""");
        Assert.Equal("additionalProperties", Assert.Single(verdict.Violations).kind);
    }

    [Fact]
    public async Task Validate_ManyViolations_KeepsAHundredAndCountsAll()
    {
        var verdict = await ValidateAsync(StringTags, Tags(Enumerable.Range(0, 16_000)));
        Assert.Equal((100, 16_000), (verdict.Violations.Count, verdict.ViolationCount));
        Assert.Equal("/properties/tags/99", verdict.Violations[99].path);
    }

    [Fact]
    public async Task Validate_AHundredViolations_KeepsAll()
    {
        var verdict = await ValidateAsync(StringTags, Tags(Enumerable.Range(0, 100)));
        Assert.Equal((100, 100), (verdict.Violations.Count, verdict.ViolationCount));
    }

    [Fact]
    public async Task Validate_BlockAfterAHundredAllowedViolations_BlocksAndKeepsItsReason()
    {
        const string schema = "{properties: {tags: {items: {type: string}}, z: {maximum: 1}}}";
        var verdict = await ValidateAsync(schema, $$"""{"tags":[{{string.Join(',', Enumerable.Range(0, 500))}}],"z":2}""", "{default: block, type: allow}");
        Assert.False(verdict.Accepted);
        Assert.Equal((100, 501), (verdict.Violations.Count, verdict.ViolationCount));
        Assert.Equal("maximum", Assert.Single(verdict.Violations, violation => violation.action == "block").kind);
    }

    [Fact]
    public async Task Validate_MoreMembersToOmitThanViolationsKept_OmitsAll()
    {
        var members = string.Concat(Enumerable.Range(0, 16_000).Select(i => $",\"x{i}\":{i}"));
        const string actions = "{default: block, additionalProperties: omit}";
        var verdict = await ValidateAsync("{additionalProperties: false, properties: {a: {}}}", $$"""{"a":1{{members}}}""", actions);
        Assert.True(verdict.Accepted);
        Assert.Equal("""{"a":1}""", verdict.Envelope.properties);
        Assert.Equal((100, 16_000), (verdict.Violations.Count, verdict.ViolationCount));
    }

    [Fact]
    public async Task Validate_LongNames_PathsAndMessagesAreCutOff()
    {
        var name = new string('n', 30_000);
        var schema = $"{{additionalProperties: {{additionalProperties: false}}, required: [{new string('r', 900)}]}}";
        var members = string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"{i}\":1"));
        var verdict = await ValidateAsync(schema, "{\"" + name + "\":{" + members + "}}");
        Assert.Equal(5_001, verdict.ViolationCount);
        Assert.All(verdict.Violations, violation => Assert.InRange(violation.path.Length + violation.message.Length, 1, 600));
    }

    [Fact]
    public async Task Validate_HugeEnum_MessageIsShort()
    {
        var values = string.Join(", ", Enumerable.Range(0, 100_000).Select(i => $"value-{i}"));
        var schema = $"{{properties: {{tags: {{items: {{enum: [{values}]}}}}}}}}";
        var verdict = await ValidateAsync(schema, Tags(Enumerable.Range(0, 16_000).Select(i => $"\"other-{i}\"")));
        Assert.Equal(16_000, verdict.ViolationCount);
        Assert.EndsWith("and 99990 more", verdict.Violations[0].message, StringComparison.Ordinal);
        Assert.InRange(verdict.Violations.Max(violation => violation.message.Length), 1, 256);
    }

    [Fact]
    public async Task Validate_ManyElementsThatMustDiffer_AreComparedInOnePass()
    {
        var tags = Tags(Enumerable.Range(0, 100_000).Select(i => $"{i}").Append("99999.0"));
        var verdict = await ValidateAsync("{properties: {tags: {uniqueItems: true}}}", tags);
        Assert.Equal("uniqueItems", Assert.Single(verdict.Violations).kind);
    }

    /// <summary>
    /// Rules whose cost is not constant, applied again and again: to each level of an object, or by each of many branches.
    /// </summary>
    [Theory]
    [InlineData("{enum: [[], 1]}")]
    [InlineData("{const: [[1]]}")]
    [InlineData("{additionalProperties: {uniqueItems: true}}")]
    [InlineData(
        "{allOf: [{additionalProperties: {items: {}}}, {additionalProperties: {items: {}}}, "
        + "{additionalProperties: {items: {}}}, {additionalProperties: {items: {}}}]}")]
    [InlineData("{allOf: [{properties: {n: {}}}, {properties: {n: {}}}, {patternProperties: {^q: {}}}, {patternProperties: {^r: {}}}]}")]
    public async Task Check_RuleThatCostsMoreThanOneStep_CountsItsSteps(string rule)
    {
        const string twice = "{allOf: [{$ref: '#/definitions/a'}, {$ref: '#/definitions/a'}]}";
        var schema = $"{{$ref: '#/definitions/a', definitions: {{a: {{allOf: [{rule}, {{properties: {{x: {twice}}}}}]}}}}}}";
        var inner = $$"""{"list":[{{string.Join(',', Enumerable.Range(0, 4_000))}}],"{{new string('n', 30_000)}}":1}""";
        var properties = Nested(12, inner);
        var plan = PlanText.Plan($"{{id: p, sources: web, events: {{A: {schema}}}}}");

        var findings = await Task.Run(() => SchemaCheck.Check(properties, plan.Schemas["A"], out _)).WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal("json", Assert.Single(findings.Kept).Kind);
        // The last step may visit the whole event.
        Assert.InRange(findings.Steps, SchemaCheck.Budget(properties.Length), SchemaCheck.Budget(properties.Length) + properties.Length);
    }

    [Fact]
    public async Task Validate_SameFindingAgainAndAgain_CountsTheSearchForItsPath()
    {
        const string twice = "{allOf: [{$ref: '#/definitions/a'}, {$ref: '#/definitions/a'}]}";
        const string definition = $"{{maximum: 9, properties: {{x: {twice}}}}}";
        const string schema = $"{{properties: {{list: {{items: {{$ref: '#/definitions/a'}}}}}}, definitions: {{a: {definition}}}}}";
        var verdict = await ValidateAsync(schema, $$"""{"list":[{{string.Concat(Enumerable.Repeat("null,", 20_000))}}{{Nested(12, "10")}}]}""");
        Assert.Equal("json", Assert.Single(verdict.Violations).kind);
    }

    [Fact]
    public async Task Validate_LongListWithFiveRulesForEachNumber_StaysWithinTheBudget()
    {
        const string schema = "{properties: {tags: {items: {type: integer, minimum: 0, maximum: 9, multipleOf: 1, enum: [0, 1, 2]}}}}";
        Assert.Empty((await ValidateAsync(schema, Tags(Enumerable.Repeat(1, 16_000)))).Violations);
    }

    /// <summary>A batch ends with the record that reaches 1,000 records or 8 MiB.</summary>
    [Fact]
    public void Budget_LargestBatch_StaysFarBelowThePollInterval() =>
        Assert.InRange((999 * SchemaCheck.Budget(8 * 1024)) + SchemaCheck.Budget(512 * 1024), 1, 100_000_000);

    [Theory]
    [InlineData("anyOf")]
    [InlineData("oneOf")]
    public async Task Validate_BranchesThatDoubleWithEachLevel_AreAViolation(string keyword)
    {
        const string branch = "{type: object, properties: {x: {$ref: '#/definitions/a'}}}";
        var schema = $"{{$ref: '#/definitions/a', definitions: {{a: {{{keyword}: [{branch}, {branch}]}}}}}}";
        var violation = Assert.Single((await ValidateAsync(schema, Nested(200))).Violations);
        Assert.Equal(("json", "block"), (violation.kind, violation.action));
        Assert.Contains("steps to check", violation.message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_LongChainOfReferences_DoesNotOverflowTheStack()
    {
        var chain = string.Join(", ", Enumerable.Range(0, 3_000).Select(i => $"d{i}: {{$ref: '#/definitions/d{i + 1}'}}"));
        var verdict = await ValidateAsync($"{{$ref: '#/definitions/d0', definitions: {{{chain}, d3000: {{type: string}}}}}}", "{}");
        Assert.Equal("json", Assert.Single(verdict.Violations).kind);
    }

    [Fact]
    public async Task Validate_RecursionAsDeepAsAnEventMayBe_HasNoViolation()
    {
        const string definition = "{type: object, properties: {x: {anyOf: [{$ref: '#/definitions/a'}, {type: 'null'}]}}}";
        const string schema = $"{{$ref: '#/definitions/a', definitions: {{a: {definition}}}}}";
        Assert.Empty((await ValidateAsync(schema, Nested(250))).Violations);
    }

    private static string Tags<T>(IEnumerable<T> elements) => $$"""{"tags":[{{string.Join(',', elements)}}]}""";

    private static string Nested(int levels, string inner = "null") => string.Concat(Enumerable.Repeat("""{"x":""", levels)) + inner + new string('}', levels);

    private static Task<Verdict> ValidateAsync(string schema, string properties, string actions = "{default: block}")
    {
        var plan = PlanText.Plan($"{{id: p, sources: web, on_violation: {actions}, events: {{A: {schema}}}}}");
        return Task.Run(() => Validator.Validate(Events.Track("A", properties), plan)).WaitAsync(Bound, TestContext.Current.CancellationToken);
    }
}
