using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

public sealed class MappingReaderTests
{
    [Theory]
    [InlineData("each: $.a", "m.yaml:1: there is neither a rule nor a preset; add rules, or preset: ")]
    [InlineData("preset: strip", "m.yaml:1: there is no preset 'strip'; use one of ")]
    [InlineData("rules:\n- when: {$.a: 1}", "m.yaml:2: a rule has either 'events', a list of what its payloads become, or 'ignore: true'; write one of them")]
    [InlineData("rules:\n- ignore: false", "m.yaml:2: 'ignore' can only be true; remove it otherwise")]
    [InlineData("rules:\n- events:\n  - {userId: u}", "m.yaml:3: the event has no type; add it here or under 'every'")]
    [InlineData("rules:\n- events:\n  - {type: page}", "m.yaml:3: the event has no userId and no anonymousId; add it here or under 'every'")]
    [InlineData("rules:\n- events:\n  - {type: track, userId: u}", "m.yaml:3: the event has no event; add it here or under 'every'")]
    [InlineData("rules:\n- events:\n  - {type: trak, userId: u}", "m.yaml:3: 'trak' is not a type of event; use track, identify, page, screen, group, alias")]
    [InlineData("rules:\n- events:\n  - {type: page, userid: u, userId: u}", "m.yaml:3: 'userid' is not a key here; use one of ")]
    [InlineData("rules:\n- events:\n  - {type: page, userId: [u]}", "m.yaml:3: one value is needed here; write a path, a template or a constant")]
    [InlineData("rules:\n- events:\n  - type: page\n    userId: $.a.", "m.yaml:4: a name after a dot has letters, digits and _ only; write any other as ['name'], at character 5 of '$.a.'; a constant that begins with $ is written with $$")]
    [InlineData("rules:\n- events:\n  - type: page\n    userId: $.a | lowr", "m.yaml:4: behind a bar stands one of text, number, boolean, time, lower, upper, trim, json, count, split('…'), join('…'), after('…'), at character 11 of '$.a | lowr'; a constant that begins with $ is written with $$")]
    [InlineData("rules:\n- events:\n  - type: page\n    userId: '{$.a'", "m.yaml:4: '}' is missing, at character 5 of '{$.a'")]
    [InlineData("rules:\n- when: {a: 1}\n  ignore: true", "m.yaml:2: 'a' is no condition; write a path, all, any or not")]
    [InlineData("rules:\n- when: {$.a: {is: 1}}\n  ignore: true", "m.yaml:2: 'is' with what follows is no test; write exists: true, exists: false, prefix: TEXT or matches: PATTERN")]
    [InlineData("rules:\n- when: {$.a: {matches: '(?=a)'}}\n  ignore: true", "m.yaml:2: '(?=a)' is no regular expression that can be matched in linear time; mend it, without lookarounds and back references")]
    [InlineData("rules:\n- when: {}\n  ignore: true", "m.yaml:2: a condition without a path; write for example $.type: created")]
    [InlineData("rules: &a\n- when: {$.a: *a}\n  ignore: true", "m.yaml:1: ")]
    public void Read_AFault_IsNamedWithFileLineAndRemedy(string yaml, string fault) => Assert.StartsWith(fault, Assert.Single(Mappings.Faults(yaml)));

    [Fact]
    public void Read_SeveralFaults_AreAllTold() =>
        Assert.Equal(["m.yaml:3", "m.yaml:4", "m.yaml:4", "m.yaml:4"], Mappings.Faults("rules:\n- events:\n  - {type: trak, userId: u}\n  - {type: page, traits: {a: $x, b: '{$.}'}, anonymousId: '$['}").Select(fault => fault[..8]).Order());

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
    public void Read_ASampleThatDoesAsExpected_IsNoFault(string sample) => Assert.Empty(Mappings.Faults(Sampled + "\n" + sample));

    [Theory]
    [InlineData("- name: new\n  payload: {kind: created}", "m.yaml:7: the sample 'new': is not placed: the rule at m.yaml:2 takes it, but userId ($.id) found nothing; mend the rule or the sample")]
    [InlineData("- payload: {kind: created, id: u}\n  expect: [{userId: v}]", "m.yaml:7: samples[0]: events[0].userId is \"u\", but is expected to be \"v\"; mend the rule or the sample")]
    [InlineData("- payload: {kind: created, id: u, tags: [a]}\n  expect: [{traits: {tags: [b]}}]", "m.yaml:7: samples[0]: events[0].traits.tags[0] is \"a\", but is expected to be \"b\"; mend the rule or the sample")]
    [InlineData("- payload: {kind: created, id: u}\n  expect: [{event: v}]", "m.yaml:7: samples[0]: events[0].event is missing, but is expected to be \"v\"; mend the rule or the sample")]
    [InlineData("- payload: {kind: created, id: u}\n  expect: [{}, {}]", "m.yaml:7: samples[0]: becomes 1 events, but 2 are expected; mend the rule or the sample")]
    [InlineData("- payload: {kind: created, id: u}\n  expect: ignored", "m.yaml:7: samples[0]: becomes 1 events, but is expected to be ignored; mend the rule or the sample")]
    [InlineData("- payload: {kind: ping}\n  expect: [{}]", "m.yaml:7: samples[0]: is ignored, but 1 are expected; mend the rule or the sample")]
    [InlineData("- payload: {kind: ping}\n  expect: unplaced", "m.yaml:7: samples[0]: is ignored, but is expected not to be placed; mend the rule or the sample")]
    [InlineData("- payload: '{'", "m.yaml:7: samples[0]: 'payload' is a text that is not JSON; mend it, or write it as YAML")]
    [InlineData("- name: x", "m.yaml:7: the sample 'x' has no 'payload'; write it as YAML, or as JSON behind 'payload: |'")]
    [InlineData("- {payload: {}, expect: 5}", "m.yaml:7: samples[0]: 'expect' is a list of events, 'ignored' or 'unplaced'; write one of them, or remove it")]
    public void Read_ASampleThatFails_IsAFaultThatNamesIt(string sample, string fault) => Assert.Equal(fault, Assert.Single(Mappings.Faults(Sampled + "\n" + sample)));
}
