using System.Globalization;
using System.Text;
using Cdp.Ingestion.Parsing.Tokens;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing.Tokens;

public sealed class EventTimeTests
{
    // Seven decimals, the precision of a tick.
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    [Theory]
    [InlineData("2020-12-31 21:25:58.745232+02", "2020-12-31T19:25:58.745232Z")] // Postgres
    [InlineData("2020-12-31 21:25:58+05:30", "2020-12-31T15:55:58Z")]
    [InlineData("1890-01-01 00:00:00+01:05:20", "1889-12-31T22:54:40Z")]
    [InlineData("2020-12-31 21:25:58 UTC", "2020-12-31T21:25:58Z")] // BigQuery, Ruby
    [InlineData("2020-12-31 21:25:58.745 +0000", "2020-12-31T21:25:58.745Z")] // Snowflake, Ruby
    [InlineData("2020-12-31 21:25:58 -0700", "2021-01-01T04:25:58Z")]
    [InlineData("2020-12-31 21:25:58.7452320 +02:00", "2020-12-31T19:25:58.745232Z")] // SQL Server
    [InlineData("2020-12-31 21:25:58.745 +0000 UTC", "2020-12-31T21:25:58.745Z")] // Go
    [InlineData("2020-12-31 21:25:58.745232111 +0200 CEST m=+0.000012", "2020-12-31T19:25:58.7452321Z")]
    [InlineData("2020-12-31 21:25:58 +0300 +03", "2020-12-31T18:25:58Z")]
    [InlineData("2020-12-31 21:25:58.745232+00:00", "2020-12-31T21:25:58.745232Z")] // Python
    [InlineData("2020-12-31 21:25:58,745", "2020-12-31T21:25:58.745Z")]
    [InlineData("2020-12-31T21:25:58+01:00[Europe/Vienna]", "2020-12-31T20:25:58Z")] // Java
    [InlineData("2020-12-31T21:25:58Z[UTC]", "2020-12-31T21:25:58Z")]
    [InlineData("2020-12-31 21:25:58", "2020-12-31T21:25:58Z")] // MySQL
    [InlineData("2020/12/31 21:25:58", "2020-12-31T21:25:58Z")]
    [InlineData("Thu, 31 Dec 2020 21:25:58 GMT", "2020-12-31T21:25:58Z")]
    [InlineData("2020-12-31t21:25:58z", "2020-12-31T21:25:58Z")]
    [InlineData("2020-12-31T21:25Z", "2020-12-31T21:25:00Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z")]
    [InlineData("2020-12-31T24:00:00Z", "2021-01-01T00:00:00Z")]
    [InlineData("2020-12-31T21:25:58+14:30", "2020-12-31T06:55:58Z")]
    [InlineData("2020-12-31T21:25:58Z ", "2020-12-31T21:25:58Z")]
    [InlineData("\t2020-12-31T21:25:58.123456789Z\r\n", "2020-12-31T21:25:58.1234567Z")]
    [InlineData("2020-12-31", "2020-12-31T00:00:00Z")]
    [InlineData("1557126489", "2019-05-06T07:08:09Z")]
    [InlineData("1557126489.5", "2019-05-06T07:08:09.5Z")]
    [InlineData("202099999999", "1976-05-28T02:53:19.999Z")] // milliseconds: as yyyyMMddHHmm it would have month 99
    [InlineData("1557126489123", "2019-05-06T07:08:09.123Z")]
    [InlineData("1.557126489123e12", "2019-05-06T07:08:09.123Z")]
    [InlineData("1557126489123456", "2019-05-06T07:08:09.123456Z")]
    [InlineData("1557126489123456789", "2019-05-06T07:08:09.1234567Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z")]
    public void TryRead_CommonNotation_ReturnsUtc(string text, string expected)
    {
        Assert.True(EventTime.TryRead(Encoding.UTF8.GetBytes(text), out var utc), text);
        Assert.Equal((DateTimeKind.Utc, expected), (utc.Kind, utc.ToString(Form, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("yesterday")]
    [InlineData("0")]
    [InlineData("-1557126489")]
    [InlineData("20201231")]
    [InlineData("202012312359")]
    [InlineData("202601010000")]
    [InlineData("20201231T212558Z")]
    [InlineData("1e30")]
    [InlineData("1e999999999999")]
    [InlineData("NaN")]
    [InlineData("0000-00-00 00:00:00")]
    [InlineData("2020-02-30")]
    [InlineData("2020-13-01")]
    [InlineData("2020-12/31")]
    [InlineData("2020-12-31T25:00:00Z")]
    [InlineData("2020-12-31T24:00:01Z")]
    [InlineData("2020-12-31T21:60:00Z")]
    [InlineData("2020-12-31T21:25:61Z")]
    [InlineData("2020-12-31T21:25:58.Z")]
    [InlineData("2020-12-31T21:25:58 EST")]
    [InlineData("2020-12-31T21:25:58+24:00")]
    [InlineData("2020-12-31T21:25:58+")]
    [InlineData("2020-12-31T21:25:58+1")]
    [InlineData("2020-12-31T21:25:58Zulu")]
    [InlineData("2020-12-31T21:25:58Z[")]
    [InlineData("2020-12-31T21:25:58ZZ")]
    [InlineData("2020-12-31T")]
    [InlineData("31.12.2020")]
    [InlineData("12/31/2020")]
    [InlineData("+290000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+02:00")]
    [InlineData("9999-12-31T23:59:59-02:00")]
    public void TryRead_InvalidOrAmbiguousText_ReturnsFalse(string text) => Assert.False(EventTime.TryRead(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void TryRead_AnyTimeThatDotNetPrints_RoundTrips() =>
        Gen.Select(Gen.DateTime, Gen.Int[-14 * 60, 14 * 60]).Where((time, minutes) => time.Year is > 1 and < 9999).Sample((time, minutes) =>
        {
            var sent = new DateTimeOffset(time.Ticks, TimeSpan.FromMinutes(minutes));
            foreach (var form in new[] { "o", "yyyy-MM-dd HH:mm:ss.fffffffzzz", "yyyy-MM-dd HH:mm:ss.fffffff zzz" })
            {
                Assert.True(EventTime.TryRead(Encoding.ASCII.GetBytes(sent.ToString(form, CultureInfo.InvariantCulture)), out var utc));
                Assert.Equal(sent.UtcDateTime, utc);
            }
        });

    [Fact]
    public void TryRead_AnyBytes_NeverThrows() =>
        Gen.OneOf(Gen.Char["0123456789-:+TtZz ./eE[]UTCGM,"].Array[0, 40], Gen.Char.Array[0, 20]).Sample(
            text =>
            {
                EventTime.TryRead(Encoding.UTF8.GetBytes(new string(text)), out var utc);
                Assert.InRange(utc, DateTime.MinValue, DateTime.MaxValue);
            },
            iter: 20_000);
}
