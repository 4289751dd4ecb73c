using Cdp.Destinations.Http;
using Xunit;

namespace Cdp.Destinations.Tests.Http;

public sealed class HttpStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(408, true)]
    [InlineData(409, false)]
    [InlineData(413, false)]
    [InlineData(423, true)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(501, false)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(599, true)]
    public void IsRetryable_Status_IsThatOfSegmentsDestinations(int status, bool expected) => Assert.Equal(expected, HttpStatus.IsRetryable(status));

    [Theory]
    [InlineData("30", 30d)]
    [InlineData("0", 0d)]
    [InlineData("1.5", 1.5d)]
    [InlineData("Sun, 01 Mar 2026 12:01:00 GMT", 60d)]
    [InlineData("Sun, 01 Mar 2026 11:59:00 GMT", null)]
    [InlineData("-1", null)]
    [InlineData("soon", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData(null, null)]
    public void RetryAfter_Header_GivesTheWait(string? header, double? seconds) =>
        Assert.Equal(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value), HttpStatus.RetryAfter(With("retry-after", header), Now));

    [Theory]
    [InlineData(60, 60d)]
    [InlineData(-1, null)]
    public void Until_TimeSince1970_GivesTheWait(int offset, double? seconds) => Assert.Equal(
        seconds is null ? null : TimeSpan.FromSeconds(seconds.Value),
        HttpStatus.Until(With("x-ratelimit-reset", $"{Now.ToUnixTimeSeconds() + offset}"), "X-RateLimit-Reset", Now));

    private static InboundResponse With(string name, string? value)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (value is not null) headers[name] = value;
        return new InboundResponse(429, headers, default, true);
    }
}
