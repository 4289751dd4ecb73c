using System.Text;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class SegmentTests
{
    private const string Settings = """{"write_key":"w-1"}""";

    [Fact]
    public async Task SendAsync_Events_AreABatchOfUnchangedEvents()
    {
        await using var vendor = await Vendor.StartAsync("segment", Settings, Answer);
        Assert.Equal(["200", "200"], Vendor.Short(await vendor.SendAsync(vendor.Item("""{"type":"track","n":1.50}""", 1), vendor.Item(Samples.Page, 2))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://api.segment.io/v1/batch", request.Url);
        Assert.StartsWith("""{"batch":[{"type":"track","n":1.50},{""", request.Body, StringComparison.Ordinal);
        Assert.EndsWith(""","sentAt":"2026-03-01T12:00:00Z"}""", request.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_OtherEndpoint_IsUsed()
    {
        await using var vendor = await Vendor.StartAsync("segment", """{"write_key":"w-1","endpoint":"https://data.example/"}""", Answer);
        await vendor.SendAsync(vendor.Item(Samples.Event));
        Assert.Equal("https://data.example/v1/batch", Assert.Single(vendor.Requests).Url);
    }

    [Fact]
    public async Task SendAsync_EventAboveTheLimit_IsNotSentAndDoesNotTakeOthersWithIt()
    {
        await using var vendor = await Vendor.StartAsync("segment", Settings, Answer);
        var large = Vendor.With(Samples.Event, $$$"""{"properties":{"text":"{{{new string('x', 32_000)}}}"}}""");
        Assert.Equal(["200", "refused 413"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(large, 2))));
    }

    // Segment: HTTP Tracking API.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Header("Authorization") != $"Basic {Convert.ToBase64String("w-1:"u8)}") return new FakeAnswer(401);
        if (new Uri(request.Url).AbsolutePath != "/v1/batch") return new FakeAnswer(404);
        var batch = request.Json.GetProperty("batch").EnumerateArray().ToList();
        var isTooLarge = Encoding.UTF8.GetByteCount(request.Body) > 500_000 || batch.Count > 2_500 || batch.Any(item => item.GetRawText().Length > 32_000);
        return isTooLarge ? new FakeAnswer(400, "Exceed payload limit") : new FakeAnswer(200, """{"success":true}""");
    }
}
