using Xunit;

namespace Cdp.Ingestion.Tests.Mapping.Yaml;

[Trait("tier", "integration")]
public sealed class MappingReaderTests
{
    [Theory]
    [InlineData("each: $.a", "m.yaml:1: there are no rules and no preset; add rules, or preset: ")]
    [InlineData("preset: strip", "m.yaml:1: 'strip' is not a preset; use one of ")]
    [InlineData("rules:\n- when: {$.a: 1}", "m.yaml:2: a rule must have either a list of 'events' or 'ignore: true'; write one of them")]
    [InlineData("rules:\n- ignore: false", "m.yaml:2: 'ignore' can only be true; write ignore: true, or remove it")]
    [InlineData("rules:\n- events:\n  - {userId: u}", "m.yaml:3: the event has no type; add it here or under 'every'")]
    [InlineData("rules:\n- events:\n  - {type: page}", "m.yaml:3: the event has no userId and no anonymousId; add it here or under 'every'")]
    [InlineData("rules:\n- events:\n  - {type: track, userId: u}", "m.yaml:3: the event has no event; add it here or under 'every'")]
    [InlineData(
        "rules:\n- events:\n  - {type: trak, userId: u}",
        "m.yaml:3: 'trak' is not an event type; use one of track, identify, page, screen, group, alias")]
    [InlineData("rules:\n- events:\n  - {type: page, userid: u, userId: u}", "m.yaml:3: 'userid' is not a known key; use one of ")]
    [InlineData(
        "rules:\n- events:\n  - {type: page, userId: [u]}",
        "m.yaml:3: a single value is needed here; write a path, a text with paths in braces, or a constant")]
    [InlineData(
        "rules:\n- events:\n  - type: page\n    userId: $.a.",
        "m.yaml:4: a name after a dot may have only letters, digits and _; write other names as ['name'], at character 5 of '$.a.'; "
        + "write a constant that begins with $ as $$")]
    [InlineData(
        "rules:\n- events:\n  - type: page\n    userId: $.a | lowr",
        "m.yaml:4: a bar must be followed by one of text, number, boolean, time, lower, upper, trim, json, count, split('…'), join('…'), after('…'), "
        + "at character 11 of '$.a | lowr'; write a constant that begins with $ as $$")]
    [InlineData("rules:\n- events:\n  - type: page\n    userId: '{$.a'", "m.yaml:4: '}' is missing, at character 5 of '{$.a'")]
    [InlineData("rules:\n- when: {a: 1}\n  ignore: true", "m.yaml:2: 'a' is not a condition; write a path such as $.type, or all, any or not")]
    [InlineData(
        "rules:\n- when: {$.a: {is: 1}}\n  ignore: true",
        "m.yaml:2: 'is' with this value is not a test; write exists: true, exists: false, prefix: TEXT or matches: PATTERN")]
    [InlineData(
        "rules:\n- when: {$.a: {matches: '(?=a)'}}\n  ignore: true",
        "m.yaml:2: '(?=a)' cannot be matched in linear time; remove look-arounds, back references, atomic groups and conditions, and counts such as {1,1000} "
        + "that need more than 500 states")]
    [InlineData("rules:\n- when: {}\n  ignore: true", "m.yaml:2: the condition is empty; write for example $.type: created")]
    [InlineData("rules: &a\n- when: {$.a: *a}\n  ignore: true", "m.yaml:2: the alias '*a' is inside the value that it names; remove it")]
    public void Read_Fault_NamesFileLineAndRemedy(string yaml, string fault) => Assert.StartsWith(fault, Assert.Single(Mappings.ReadFaults(yaml)));

    [Fact]
    public void Read_SeveralFaults_ReportsAll() =>
        Assert.Equal(
            ["m.yaml:3", "m.yaml:4", "m.yaml:4", "m.yaml:4"],
            Mappings.ReadFaults("rules:\n- events:\n  - {type: trak, userId: u}\n  - {type: page, traits: {a: $x, b: '{$.}'}, anonymousId: '$['}")
                .Select(fault => fault[..8])
                .Order());

    private const string Sampled = """
        rules:
        - when: {$.kind: created}
          events: [{type: identify, userId: $.id, traits: {tags: $.tags}}]
        - when: {$.kind: ping}
          ignore: true
        samples:
        """;

    [Theory]
    [InlineData("- payload: {kind: created, id: u}")]
    [InlineData("- payload: {kind: created, id: u, tags: [a]}\n  expect: [{type: identify, userId: u, traits: {tags: [a]}}]")]
    [InlineData("- payload: |\n    {\"kind\":\"created\",\"id\":5}\n  expect: [{userId: '5'}]")]
    [InlineData("- payload: {kind: ping}\n  expect: ignored")]
    [InlineData("- payload: {kind: pong}\n  expect: unplaced")]
    public void Read_SampleAsExpected_ReportsNothing(string sample) => Assert.Empty(Mappings.ReadFaults(Sampled + "\n" + sample));

    [Theory]
    [InlineData(
        "- name: new\n  payload: {kind: created}",
        "m.yaml:7: the sample 'new' could not be mapped: the rule at m.yaml:2 applies, but userId ($.id) found no value; fix the rule or the sample")]
    [InlineData(
        "- payload: {kind: created, id: u}\n  expect: [{userId: v}]",
        "m.yaml:7: samples[0] was mapped, but events[0].userId is \"u\" instead of \"v\"; fix the rule or the sample")]
    [InlineData(
        "- payload: {kind: created, id: u, tags: [a]}\n  expect: [{traits: {tags: [b]}}]",
        "m.yaml:7: samples[0] was mapped, but events[0].traits.tags[0] is \"a\" instead of \"b\"; fix the rule or the sample")]
    [InlineData(
        "- payload: {kind: created, id: u}\n  expect: [{event: v}]",
        "m.yaml:7: samples[0] was mapped, but events[0].event is missing instead of \"v\"; fix the rule or the sample")]
    [InlineData(
        "- payload: {kind: created, id: u}\n  expect: [{}, {}]", "m.yaml:7: samples[0] was mapped to 1 events, but 2 are expected; fix the rule or the sample")]
    [InlineData(
        "- payload: {kind: created, id: u}\n  expect: ignored",
        "m.yaml:7: samples[0] was mapped to 1 events, but should be ignored; fix the rule or the sample")]
    [InlineData("- payload: {kind: ping}\n  expect: [{}]", "m.yaml:7: samples[0] was ignored, but 1 are expected; fix the rule or the sample")]
    [InlineData(
        "- payload: {kind: ping}\n  expect: unplaced", "m.yaml:7: samples[0] was ignored, but should be unplaced; fix the rule or the sample")]
    [InlineData("- payload: '{'", "m.yaml:7: the payload of samples[0] is not valid JSON; fix it, or write it as YAML")]
    [InlineData("- name: x", "m.yaml:7: the sample 'x' has no 'payload'; write it as YAML, or as JSON after 'payload: |'")]
    [InlineData(
        "- {payload: {}, expect: 5}",
        "m.yaml:7: 'expect' of samples[0] must be a list of events, 'ignored' or 'unplaced'; write one of them, or remove it")]
    public void Read_FailingSample_ReportsItByName(string sample, string fault) =>
        Assert.Equal(fault, Assert.Single(Mappings.ReadFaults(Sampled + "\n" + sample)));
}
