using Cdp.Fanout.History;

namespace Cdp.Fanout.Tests.History;

public sealed class CursorTests
{
    private static readonly Period Day = new(new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc));
    private static readonly Period Other = new(Day.Since.AddDays(-3), Day.Until.AddDays(-3));

    [Fact]
    public void Parse_WrittenCursor_IsTheSame()
    {
        var cursor = new Cursor("deliveries.retry.crm-1", 11, 123_456_789_012, Day, Cursor.Fingerprint("a", null));
        Assert.Equal(cursor, Cursor.Parse(cursor.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("abcd")]
    [InlineData("YXwxfDJ8M3w")]
    public void Parse_AnotherText_IsNull(string text) => Assert.Null(Cursor.Parse(text));

    [Fact]
    public void Fingerprint_CriteriaThatDiffer_Differ()
    {
        string[] prints = [Cursor.Fingerprint("a", "b"), Cursor.Fingerprint("ab", ""), Cursor.Fingerprint("ab", null), Cursor.Fingerprint("b", "a")];
        Assert.Equal(4, prints.Distinct().Count());
        Assert.Equal(prints[0], Cursor.Fingerprint("a", "b"));
    }

    [Fact]
    public void PeriodOf_FirstPage_TakesWhatIsMissingFromTheDefault()
    {
        List<string> faults = [];
        Assert.Equal(Day with { Since = Other.Since }, Period.Of(Other.Since, null, Day, null, "q", faults));
        Assert.Empty(faults);
    }

    [Fact]
    public void PeriodOf_LaterPage_IsThatOfTheFirst()
    {
        List<string> faults = [];
        Assert.Equal(Day, Period.Of(null, null, Other, new Cursor("t", 0, 0, Day, "q"), "q", faults));
        Assert.Equal(Day, Period.Of(Day.Since, null, Other, new Cursor("t", 0, 0, Day, "q"), "q", faults));
        Assert.Empty(faults);
    }

    [Fact]
    public void PeriodOf_CursorOfAnotherRequest_IsAFault()
    {
        List<string> faults = [];
        Period.Of(null, null, Other, new Cursor("t", 0, 0, Day, "q"), "other", faults);
        Period.Of(Other.Since, null, Other, new Cursor("t", 0, 0, Day, "q"), "q", faults);
        Assert.All(faults, fault => Assert.StartsWith("the cursor belongs to a request with other criteria", fault, StringComparison.Ordinal));
        Assert.Equal(2, faults.Count);
    }

    [Fact]
    public void PeriodOf_EndBeforeBeginning_IsAFault()
    {
        List<string> faults = [];
        Period.Of(Day.Until, Day.Since, Other, null, "q", faults);
        Assert.StartsWith("the time span ends at 2026-03-01", Assert.Single(faults), StringComparison.Ordinal);
    }
}
