using Cdp.Validation.Plans;
using Cdp.Validation.Tests.Json;
using CsCheck;
using Xunit;

namespace Cdp.Validation.Tests.Plans;

public sealed class ValidatorTests
{
    private const string Shop = """
        id: shop
        version: 2
        sources: [web]
        on_violation: {default: block, unplanned_event: allow, additionalProperties: omit, type: omit, pattern: allow}
        events:
          Order Completed:
            type: object
            required: [order_id, total]
            additionalProperties: false
            properties:
              order_id: {type: string, pattern: "^o-"}
              total: {type: number, exclusiveMinimum: 0}
              count: {type: integer}
              state: {const: paid}
              mail: {type: [string, null], format: email}
              any: {anyOf: [{type: string}, {minimum: 10}]}
              both: {allOf: [{minLength: 3}, {maxLength: 4}]}
              address: {$ref: "#/definitions/address"}
              items: {type: array, maxItems: 2, items: {type: object, required: [sku], properties: {"a/b~c": {type: boolean}}}}
            definitions:
              address: {type: object, required: [street]}
          $identify:
            properties: {age: {minimum: 0}}
        """;

    private static readonly TrackingPlan Plan = PlanText.Plan(Shop);

    [Theory]
    [InlineData("""{"order_id":"o-1","total":1}""", "")]
    [InlineData("""{"order_id":"o-1","total":1,"count":1.0,"mail":null,"state":"paid","any":12}""", "")]
    [InlineData("""{"order_id":"o-1","total":123456789012345678901234567890123456789012345678901234567890}""", "")]
    [InlineData("""{"order_id":"o-1","total":1e400}""", "")]
    [InlineData("{}", "required /properties/order_id block, required /properties/total block")]
    [InlineData(null, "required /properties/order_id block, required /properties/total block")]
    [InlineData("""{"order_id":"x","total":0}""", "pattern /properties/order_id allow, exclusiveMinimum /properties/total block")]
    [InlineData("""{"order_id":"o-1","total":1,"x":1,"y":2}""", "additionalProperties /properties/x omit, additionalProperties /properties/y omit")]
    [InlineData("""{"order_id":"o-1","total":1,"count":1.5,"state":"open"}""", "type /properties/count omit, enum /properties/state block")]
    [InlineData("""{"order_id":"o-1","total":1,"mail":"nobody","any":3}""", "format /properties/mail block, anyOf /properties/any block")]
    [InlineData("""{"order_id":"o-1","total":1,"both":"12345"}""", "maxLength /properties/both block")]
    [InlineData("""{"order_id":"o-1","total":1,"address":"x"}""", "type /properties/address omit")]
    [InlineData("""{"order_id":"o-1","total":1,"items":[{"sku":1},{"a/b~c":1},3]}""",
        "maxItems /properties/items block, required /properties/items/1/sku block, type /properties/items/1/a~1b~0c omit, type /properties/items/2 omit")]
    [InlineData("[1]", "json /properties block")]
    [InlineData("{'a':1}", "json /properties block")]
    public void Validate_PlannedEvent_FindsEveryViolation(string? properties, string expected)
    {
        var verdict = Validator.Validate(Events.Track("Order Completed", properties), Plan);
        Assert.Equal(expected.Split(", ").Order(), string.Join(", ", verdict.Violations.Select(v => $"{v.kind} {v.path} {v.action}")).Split(", ").Order());
        Assert.Equal(!expected.Contains("block", StringComparison.Ordinal), verdict.Accepted);
    }

    [Fact]
    public void Validate_OmittedMembers_AreRemovedFromACopyAndTheRestKeepsItsBytes()
    {
        var sent = Events.Track("Order Completed", """{ "x" : 1, "order_id":"o-1" ,"total":1.50, "count":"two", "items":[{"sku":"\u0061","a/b~c":0}] }""");
        var verdict = Validator.Validate(sent, Plan);
        Assert.True(verdict.Accepted);
        Assert.Equal("""{ "order_id":"o-1" ,"total":1.50, "items":[{"sku":"\u0061"}] }""", verdict.Envelope.properties);
        Assert.Contains("two", sent.properties, StringComparison.Ordinal);
        Assert.Equal(("m1", "a1", Events.Noon), (verdict.Envelope.messageId, verdict.Envelope.anonymousId, verdict.Envelope.receivedAt));
    }

    [Fact]
    public void Validate_WrongElementOfAnArray_OmitsTheMemberThatHoldsTheArray()
    {
        const string schema = "{properties: {tags: {items: {items: {type: string}}}}}";
        var plan = PlanText.Plan($"{{id: p, sources: web, on_violation: {{default: block, type: omit}}, events: {{A: {schema}}}}}");
        Assert.Equal("""{"b":1}""", Validator.Validate(Events.Track("A", """{"tags":[["a",3]],"b":1}"""), plan).Envelope.properties);
    }

    [Fact]
    public void Validate_OmitWithoutAMember_Blocks()
    {
        var plan = PlanText.Plan("{id: p, sources: web, on_violation: {default: allow, minProperties: omit}, events: {A: {minProperties: 2}}}");
        var verdict = Validator.Validate(Events.Track("A", "{}"), plan);
        Assert.False(verdict.Accepted);
        Assert.Equal("block", Assert.Single(verdict.Violations).action);
    }

    [Fact]
    public void Validate_UnplannedEvent_GetsThePlansAction()
    {
        var violation = Assert.Single(Validator.Validate(Events.Track("Other", "{}"), Plan).Violations);
        Assert.Equal(("unplanned_event", "", "allow"), (violation.kind, violation.path, violation.action));
        Assert.False(Validator.Validate(Events.Track("Other", "{}"), Plan with { Actions = new Dictionary<string, PlanAction>() }).Accepted);
    }

    [Fact]
    public void Validate_Identify_ChecksItsTraits()
    {
        var identify = Events.Track("ignored", null);
        (identify.type, identify.@event, identify.traits) = ("identify", null, """{"age":-1}""");
        var violation = Assert.Single(Validator.Validate(identify, Plan).Violations);
        Assert.Equal(("minimum", "/traits/age"), (violation.kind, violation.path));
    }

    [Theory]
    [InlineData("page")]
    [InlineData("alias")]
    [InlineData("anything")]
    public void Validate_CallWithoutSchema_Passes(string type)
    {
        var envelope = Events.Track("ignored", "{}");
        envelope.type = type;
        var verdict = Validator.Validate(envelope, Plan);
        Assert.True(verdict.Accepted && verdict.Violations.Count == 0 && ReferenceEquals(envelope, verdict.Envelope));
    }

    [Fact]
    public void Validate_NoPlan_Passes() => Assert.True(Validator.Validate(Events.Track("A", "not json"), null).Accepted);

    [Fact]
    public void Validate_AnyJson_NeverThrows() => JsonTexts.Any.Sample(json => Validator.Validate(Events.Track("Order Completed", json), Plan) is { });

    [Fact]
    public void Validate_AnyText_NeverThrows() => Gen.String.Sample(text => Validator.Validate(Events.Track("Order Completed", text), Plan) is { });

    [Fact]
    public void Validate_DeepNesting_IsAViolation()
    {
        var verdict = Validator.Validate(Events.Track("Order Completed", new string('[', 100_000)), Plan);
        Assert.Equal("json", Assert.Single(verdict.Violations).kind);
    }
}
