using System.Text;
using Cdp.Destinations.Tests;
using Cdp.Fanout.Api;

namespace Cdp.Fanout.Tests.Api;

public sealed class ApiRequestsTests
{
    [Fact]
    public void ReadRedrive_Defaults_AreADryRunUntilNow()
    {
        var (read, faults) = Redrive("""{"destination":"crm","since":"2026-03-01T11:00:00Z"}""");
        Assert.Empty(faults);
        Assert.True(read.Request.IsDryRun);
        Assert.Equal((ResendRequest.DefaultLimit, SampleEvents.Noon), (read.Request.Limit, read.Request.Period.Until));
        Assert.Equal("crm", read.Selection.DestinationId);
    }

    [Theory]
    [InlineData("", "the request has no body")]
    [InlineData("[]", "the body is not a JSON object")]
    [InlineData("{", "the body is not JSON: line 1, byte 2")]
    [InlineData("""{"since":"2026-03-01T11:00:00Z"}""", "destination is missing")]
    [InlineData("""{"destination":"crm"}""", "since is missing")]
    [InlineData("""{"destination":"crm","since":"yesterday"}""", "since is 'yesterday'")]
    [InlineData("""{"destination":"crm","since":"2026-03-01T11:00:00Z","dry_run":false}""", "job is missing")]
    [InlineData("""{"destination":"crm","since":"2026-03-01T11:00:00Z","limit":0}""", "limit must be a whole number from 1 to 1000")]
    [InlineData("""{"destination":"crm","since":"2026-03-01T11:00:00Z","cursor":"x!"}""", "cursor is not a cursor")]
    [InlineData("""{"destination":"crm","since":"2026-03-01T11:00:00Z","dryrun":true}""", "dryrun is unknown")]
    [InlineData("""{"destination":"\ud800","since":"2026-03-01T11:00:00Z"}""", "a string in the body is not valid Unicode")]
    public void ReadRedrive_InvalidBody_NamesTheFault(string json, string fault) =>
        Assert.Contains(Redrive(json).Faults, found => found.StartsWith(fault, StringComparison.Ordinal));

    [Fact]
    public void ReadPreview_EventAndRecord_ExcludeEachOther()
    {
        var (_, faults) = Preview("""{"event":{"type":"track"},"record":{"topic":"deliveries.dead","partition":0,"offset":1}}""");
        Assert.StartsWith("the body must have either event or record", Assert.Single(faults), StringComparison.Ordinal);
        (_, faults) = Preview("""{"record":{"topic":"deliveries.dead","partition":-1,"offset":1}}""");
        Assert.StartsWith("record must have topic, partition and offset", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void ReadList_InvalidParameters_NamesEveryFault()
    {
        var query = new Dictionary<string, string> { ["outcome"] = "lost", ["since"] = "2026", ["limit"] = "1001", ["cursor"] = "?" };
        var (_, faults) = ListRequest.Read(query.GetValueOrDefault, SampleEvents.Noon);
        Assert.Equal(["outcome", "since", "limit", "cursor"], faults.Select(fault => fault.Split(' ')[0]));
    }

    private static ((ResendRequest Request, Fanout.Resending.DeadSelection Selection) Value, IReadOnlyList<string> Faults) Redrive(string json) =>
        JsonBody.Read(Encoding.UTF8.GetBytes(json), body => ResendRequest.ReadRedrive(body, SampleEvents.Noon), ResendRequest.RedriveExample);

    private static (PreviewRequest? Value, IReadOnlyList<string> Faults) Preview(string json) =>
        JsonBody.Read(Encoding.UTF8.GetBytes(json), body => PreviewRequest.Read(body, "m", SampleEvents.Noon), PreviewRequest.Example);
}
