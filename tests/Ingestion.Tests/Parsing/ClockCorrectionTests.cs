using System.Globalization;
using Cdp.Ingestion.Parsing;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing;

public sealed class ClockCorrectionTests
{
    [Theory]
    [InlineData(null, null, "2026-11-23T12:00:00Z", false)]
    [InlineData("2026-11-23T11:00:00Z", null, "2026-11-23T12:00:00Z", false)]
    [InlineData(null, "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", false)]
    [InlineData("2020-01-01T00:00:10Z", "2020-01-01T00:00:00Z", "2026-11-23T11:59:50Z", false)]
    [InlineData("2030-01-01T00:00:10Z", "2030-01-01T00:00:00Z", "2026-11-23T11:59:50Z", false)]
    [InlineData("2026-11-23T12:00:00Z", "2026-11-24T11:00:00Z", "2026-11-24T11:00:00Z", false)]
    [InlineData("2026-11-23T12:00:00Z", "2026-11-24T12:00:01Z", "2026-11-24T12:00:00Z", true)]
    [InlineData(null, "9999-12-31T23:59:59Z", "2026-11-24T12:00:00Z", true)]
    [InlineData("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", true)]
    public void Correct_Times_GiveOurClock(string? sentAt, string? original, string expected, bool bounded) =>
        Assert.Equal((Utc(expected), bounded), ClockCorrection.Correct(Reading.ReceivedAt, sentAt is null ? null : Utc(sentAt), original is null ? null : Utc(original), TimeSpan.FromHours(24)));

    private static DateTime Utc(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
}
