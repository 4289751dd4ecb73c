using System.Text;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Quarantining;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing.Quarantining;

public sealed class QuarantineTests
{
    private static readonly LimitOptions Limits = new() { EventBytes = 1_000 };

    [Fact]
    public void Take_EventsWithinTheLimit_KeepsAllOfThemWhole()
    {
        var allowance = new QuarantineAllowance(Limits);

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Equal(1_000, allowance.Take(1_000)));
    }

    [Fact]
    public void Take_LargerEvents_CutsEachAndBoundsTheirSum()
    {
        var allowance = new QuarantineAllowance(Limits);

        Assert.Equal(
            [1_001, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000, 999, 0],
            Enumerable.Range(0, 10).Select(i => allowance.Take(i == 0 ? 1_001 : 5_000)));
        Assert.Equal(1_000, allowance.Take(1_000));
    }

    [Theory]
    [InlineData(int.MaxValue, """{"a":1,"writeKey":"secret"}""", null, """{"a":1}""", "why")]
    [InlineData(4, """{"a":1,"writeKey":"secret"}""", null, "{\"a\"", "why; only the first 4 of its 7 bytes are kept")]
    [InlineData(int.MaxValue, """{"a":1""", 100L, """{"a":1""", "why; only the first 6 of its 100 bytes are kept")]
    [InlineData(0, "x", null, "", "why; only the first 0 of its 1 bytes are kept")]
    public void Record_AnyBytes_ReportsTheCutAndDropsTheWriteKey(int most, string original, long? size, string kept, string message)
    {
        var record = Quarantine.Record(
            Encoding.UTF8.GetBytes(original),
            new Rejection(400, "code", "why"),
            new Receipt("src", RequestParsing.ReceivedAt, null),
            most,
            size);

        Assert.Equal((kept, message), (Encoding.UTF8.GetString(record.original), record.violations[0].message));
    }
}
