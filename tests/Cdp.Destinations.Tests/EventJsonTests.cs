using System.Text;
using System.Text.Json;
using CsCheck;
using Xunit;

namespace Cdp.Destinations.Tests;

public sealed class EventJsonTests
{
    private static readonly string[] Names = ["userId", "type", "traits", "timestamp", "profileId", "odd", "Odd", "even", "mergeProperties"];

    [Fact]
    public void Write_Event_HasTheShapeOfSegmentAndKeepsTheSendersJson()
    {
        var identified = SampleEvents.Event("p1", "m1", envelope =>
        {
            envelope.anonymousId = "é";
            envelope.properties = """{ "total" : 1.50, "b":"\u00e9" }""";
            envelope.context = """{"ip":"::1"}""";
            envelope.extra = """{"profileId":"forged","_metadata":{"x": 1.0}}""";
            envelope.sentAt = SampleEvents.Noon.AddMilliseconds(5);
        });
        Assert.Equal(
            """{"messageId":"m1","type":"track","profileId":"p1","sourceId":"web","userId":"u1","anonymousId":"é","event":"Order Completed","properties":"""
            + """{ "total" : 1.50, "b":"\u00e9" },"context":{"ip":"::1"},"sentAt":"2026-03-01T12:00:00.005Z","receivedAt":"2026-03-01T12:00:00Z","""
            + "\"timestamp\":\"2026-03-01T12:00:00Z\",\"_metadata\":{\"x\": 1.0}}",
            Encoding.UTF8.GetString(EventJson.Write(identified)));
    }

    [Theory]
    [InlineData(
        "identify", "", "'userId':'u1','previousId':'p','traits':{'vip':true},'context':{'ip':'::1','traits':{'vip':true},'externalIds':[]}",
        ",'mergeProperties':[],'odd':1}")]
    [InlineData("identify", "user_ids", "'traits':{'vip':true},'context':{'ip':'::1','traits':{'vip':true}}", ",'odd':1}")]
    [InlineData("identify", "user_traits", "'userId':'u1','previousId':'p','context':{'ip':'::1','externalIds':[]}", ",'mergeProperties':[],'odd':1}")]
    [InlineData("identify", "other_ids", "'userId':'u1','previousId':'p','traits':{'vip':true},'context':{'ip':'::1','traits':{'vip':true}}", ",'odd':1}")]
    [InlineData(
        "identify", "group_traits", "'userId':'u1','previousId':'p','traits':{'vip':true},'context':{'ip':'::1','traits':{'vip':true},'externalIds':[]}",
        ",'mergeProperties':[],'odd':1}")]
    [InlineData(
        "track", "group_traits", "'userId':'u1','previousId':'p','context':{'ip':'::1','traits':{'vip':true},'externalIds':[]}",
        ",'mergeProperties':[],'odd':1}")]
    [InlineData(
        "group", "group_traits", "'userId':'u1','previousId':'p','context':{'ip':'::1','traits':{'vip':true},'externalIds':[]}",
        ",'mergeProperties':[],'odd':1}")]
    public void Write_WithheldMembers_AreOmitted(string type, string withheld, string expected, string end)
    {
        var identified = SampleEvents.Event("p1", "m1", envelope =>
        {
            (envelope.type, envelope.@event, envelope.previousId, envelope.traits) = (type, null, "p", """{"vip":true}""");
            envelope.context = """{"ip":"::1","traits":{"vip":true},"externalIds":[]}""";
            envelope.extra = """{"mergeProperties":[],"odd":1}""";
            envelope.withheld = withheld.Length == 0 ? null : [withheld];
        });
        var json = Encoding.UTF8.GetString(EventJson.Write(identified)).Replace('"', '\'');
        Assert.StartsWith($$"""{'messageId':'m1','type':'{{type}}','profileId':'p1','sourceId':'web',{{expected}},'receivedAt':""", json);
        Assert.EndsWith(end, json);
    }

    // The parser keeps members that are mistyped or unreadable as extras.
    [Theory]
    [InlineData("""{"type":"group","groupId":["acme"],"traits":[1]}""")]
    [InlineData("""{"userId":["victim"],"anonymousId":{},"previousId":[]}""")]
    [InlineData("""{"timestamp":"yesterday","originalTimestamp":"?","sentAt":"?","receivedAt":"?"}""")]
    [InlineData("""{"messageId":1,"profileId":1,"sourceId":1,"event":1,"name":1,"category":1,"channel":1}""")]
    [InlineData("""{"properties":1,"context":1,"integrations":1}""")]
    [InlineData("""{"\u0075serId":["victim"],"UserID":"victim","TYPE":"group"}""")]
    [InlineData("""{"MergeProperties":[],"mergeProperties":[]}""")]
    public void Write_ExtraNamedLikeAnEnvelopeMember_IsOmitted(string extra)
    {
        var without = SampleEvents.Event("p1", "m1", Withhold);
        var with = SampleEvents.Event("p1", "m1", envelope =>
        {
            Withhold(envelope);
            envelope.extra = extra;
        });
        Assert.Equal(Encoding.UTF8.GetString(EventJson.Write(without)), Encoding.UTF8.GetString(EventJson.Write(with)));
        static void Withhold(cdp.Event envelope) => envelope.withheld = ["user_ids"];
    }

    [Fact]
    public void Write_AnyExtras_HasNoDuplicateMembers() =>
        Gen.Int[0, Names.Length - 1].Select(i => Names[i]).Array[0, 12].Sample(names =>
        {
            var identified = SampleEvents.Event("p1", "m1", envelope =>
            {
                envelope.traits = "{}";
                envelope.extra = "{" + string.Join(',', names.Select((name, i) => $"\"{name}\":{i}")) + "}";
            });
            using var json = JsonDocument.Parse(EventJson.Write(identified));
            var written = json.RootElement.EnumerateObject().Select(member => member.Name).ToList();
            Assert.Equal(written.Distinct(), written);
            foreach (var name in names.Where(name => name is "odd" or "Odd" or "even" or "mergeProperties"))
            {
                Assert.Equal(Array.LastIndexOf(names, name), json.RootElement.GetProperty(name).GetInt32());
            }
        });
}
