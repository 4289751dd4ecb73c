using System.Globalization;
using Cdp.Ingestion.Parsing;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing;

public sealed class ClockCorrectionTests
{
    private static readonly Gen<DateTime?> Time = Gen.OneOf(
        Gen.Const((DateTime?)null),
        Gen.DateTime.Select(time => (DateTime?)DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        Gen.Int[-100_000, 100_000].Select(minutes => (DateTime?)RequestParsing.ReceivedAt.AddMinutes(minutes)),
        Gen.Const((DateTime?)DateTime.MinValue),
        Gen.Const((DateTime?)DateTime.MaxValue),
        Gen.Const((DateTime?)DateTime.UnixEpoch));

    [Theory]
    [InlineData(null, null, "2026-11-23T12:00:00Z", false)]
    [InlineData("2026-11-23T11:00:00Z", null, "2026-11-23T12:00:00Z", false)]
    [InlineData(null, "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", false)]
    [InlineData("2020-01-01T00:00:10Z", "2020-01-01T00:00:00Z", "2026-11-23T11:59:50Z", false)]
    [InlineData("2030-01-01T00:00:10Z", "2030-01-01T00:00:00Z", "2026-11-23T11:59:50Z", false)]
    // The clock of the sender was never set, but the interval between event and request is still correct.
    [InlineData("1970-01-01T00:05:10Z", "1970-01-01T00:05:00Z", "2026-11-23T11:59:50Z", false)]
    [InlineData("0001-01-01T00:00:10Z", "0001-01-01T00:00:00Z", "2026-11-23T11:59:50Z", false)]
    // Sent before the event happened.
    [InlineData("2026-11-09T11:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z", false)]
    [InlineData("0001-01-01T00:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z", false)]
    [InlineData("1970-01-01T00:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z", false)]
    [InlineData("2026-11-23T10:59:30Z", "2026-11-23T11:00:00Z", "2026-11-23T12:00:00Z", false)]
    // The time between the event and sending it exceeds what any SDK keeps events for.
    [InlineData("2100-01-01T00:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z", false)]
    [InlineData("9999-12-31T23:59:59Z", "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z", false)]
    [InlineData("2026-11-23T12:00:00Z", "2026-11-03T12:00:00Z", "2026-11-03T12:00:00Z", false)]
    // Slightly in the future, and further in the future.
    [InlineData(null, "2026-11-23T12:00:59Z", "2026-11-23T12:00:59Z", false)]
    [InlineData(null, "2026-11-23T12:01:01Z", "2026-11-23T12:00:00Z", true)]
    [InlineData("2026-11-23T12:00:00Z", "2026-11-24T11:00:00Z", "2026-11-23T12:00:00Z", true)]
    [InlineData(null, "9999-12-31T23:59:59Z", "2026-11-23T12:00:00Z", true)]
    // Times that cannot be real.
    [InlineData(null, "0001-01-01T00:00:00Z", "2026-11-23T12:00:00Z", true)]
    [InlineData(null, "1970-01-01T23:59:59Z", "2026-11-23T12:00:00Z", true)]
    [InlineData(null, "1970-01-02T00:00:00Z", "1970-01-02T00:00:00Z", false)]
    [InlineData("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-11-23T12:00:00Z", true)]
    public void Correct_SentAtAndOriginal_ReturnsTheTimeOnOurClock(string? sentAt, string? original, string expected, bool replaced) =>
        Assert.Equal(
            (Utc(expected), replaced),
            ClockCorrection.Correct(RequestParsing.ReceivedAt, sentAt is null ? null : Utc(sentAt), original is null ? null : Utc(original)));

    [Fact]
    public void Correct_AnyTimes_StaysWithinTheAllowedRange() => Gen.Select(Time, Time).Sample((sentAt, original) =>
        Assert.InRange(
            ClockCorrection.Correct(RequestParsing.ReceivedAt, sentAt, original).Timestamp,
            ClockCorrection.Earliest,
            RequestParsing.ReceivedAt + ClockCorrection.MaxAhead));

    private static DateTime Utc(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
}
