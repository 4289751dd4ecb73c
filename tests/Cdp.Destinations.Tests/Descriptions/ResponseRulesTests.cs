using System.Text;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Descriptions;
using Cdp.Destinations.Http;
using Cdp.Destinations.Tests.BuiltIn;
using Cdp.Destinations.Values;
using Xunit;

namespace Cdp.Destinations.Tests.Descriptions;

public sealed class ResponseRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Interpret_EntriesOfSeveralPlaces_GiveEachItemTheWorstVerdict()
    {
        var rule = Rule(items:
        [
            new ItemEntries(ResponsePath.Read("$.slow[*]")!, null, null, null, Verdict.Retry),
            new ItemEntries(ResponsePath.Read("$.bad[*]")!, ResponsePath.Read("$.pointer"), null, ResponsePath.Read("$.why"), Verdict.Refused),
        ]);
        var result = Interpret(rule, """{"slow":[0,1],"bad":[{"pointer":"/data/1/email","why":"no email"},{"pointer":"/data/9/x","why":"not ours"}]}""", 3);
        Assert.Equal(["retry 400", "refused 400", "400"], Vendor.Short(result));
        Assert.Equal("HTTP 400 no email; slow.1", Vendor.Reason(result.Items[1]));
    }

    [Theory]
    [InlineData("""{"slow":[7,-1,"x",null]}""")]
    [InlineData("""{"slow":"0"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"slow":[0]""")]
    [InlineData("")]
    public void Interpret_ResponseThatNamesNoItem_AppliesToTheWhole(string body)
    {
        var result = Interpret(Rule([new ItemEntries(ResponsePath.Read("$.slow[*]")!, null, null, null, Verdict.Retry)]), body, 2);
        Assert.True(result.IsWhole);
        Assert.Equal(["refused 400", "refused 400"], Vendor.Short(result));
    }

    [Fact]
    public void Interpret_BodyThatWasCut_IsNotRead()
    {
        var rules = new ResponseRules([Rule([new ItemEntries(ResponsePath.Read("$.slow[*]")!, null, null, null, Verdict.Retry)])]);
        var response = new InboundResponse(400, new Dictionary<string, string>(), """{"slow":[0]}"""u8.ToArray(), IsBodyComplete: false);
        Assert.True(rules.Interpret(response, [Datum.Null, Datum.Null], new Secrets([]), Now).IsWhole);
    }

    [Fact]
    public void Interpret_LongReason_IsCut()
    {
        var reason = Vendor.Reason(Interpret(Rule([]), new string('x', 60_000), 1).Items[0]);
        Assert.Equal(Secrets.MaxReason, reason.Length);
    }

    private static ResponseRule Rule(IReadOnlyList<ItemEntries> items) =>
        new() { Statuses = [(400, 499)], Verdict = Verdict.Refused, Others = Verdict.Delivered, Items = items };

    private static SendResult Interpret(ResponseRule rule, string body, int items)
    {
        var response = new InboundResponse(400, new Dictionary<string, string>(), Encoding.UTF8.GetBytes(body), true);
        return new ResponseRules([rule]).Interpret(response, [.. Enumerable.Repeat(Datum.Null, items)], new Secrets([]), Now);
    }
}
