using System.Diagnostics;
using cdp;
using Xunit;

namespace Cdp.Identifiers.Tests;

public sealed class IdentifierTypesTests
{
    private static readonly IdentifierTypes Types = DefaultTypes.Configuration;

    public static TheoryData<Event, string[]> Cases => new()
    {
        { Event(userId: "u"), ["user_id:u"] },
        { Event(anonymousId: "a"), ["anonymous_id:a"] },
        { Event(userId: "u", anonymousId: "a"), ["user_id:u", "anonymous_id:a"] },
        { Event(userId: " U-1 "), ["user_id: U-1 "] },
        { Event(userId: "u", anonymousId: "a", type: "identify", traits: """{"email":" Ann@Example.ORG "}"""), ["user_id:u", "email:ann@example.org", "anonymous_id:a"] },
        { Event(userId: "u", type: "identify", traits: """{"email":"a@x.org"}""", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:a@x.org"] },
        { Event(userId: "u", type: "identify", traits: """{"email":"none"}""", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:b@x.org"] },
        { Event(userId: "u", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:b@x.org"] },
        { Event(userId: "u", type: "group", traits: """{"email":"office@x.org"}"""), ["user_id:u"] },
        { Event(userId: "u", type: "identify", traits: """{"phone":"+43 (1) 58858-0"}"""), ["user_id:u", "phone:+431588580"] },
        { Event(anonymousId: "a", context: """{"device":{"type":"iOS","id":"7B-A","advertisingId":"C0"}}"""), ["ios.idfv:7b-a", "anonymous_id:a"] },
        { Event(anonymousId: "a", context: """{"device":{"type":"ios","id":"7B-A","advertisingId":"C0","adTrackingEnabled":true}}"""), ["ios.idfa:c0", "ios.idfv:7b-a", "anonymous_id:a"] },
        { Event(anonymousId: "a", context: """{"device":{"type":"Android","id":"f0","advertisingId":"C0","adTrackingEnabled":false}}"""), ["android.id:f0", "anonymous_id:a"] },
        { Event(anonymousId: "a", context: """{"device":{"type":"android","advertisingId":"00000000-0000-0000-0000-000000000000","adTrackingEnabled":true}}"""), ["anonymous_id:a"] },
        { Event(anonymousId: "a", context: """{"externalIds":[{"id":"B@x.org","type":"email","collection":"users","encoding":"none"},{"id":"c@x.org","type":"email"},{"id":"b@x.org","type":"email"}]}"""), ["email:b@x.org", "email:c@x.org", "anonymous_id:a"] },
        { Event(userId: "u", context: """{"externalIds":[{"id":"x","type":"not_declared"},{"id":null,"type":"email"},7]}"""), ["user_id:u"] },
        { Event(userId: "u", type: "alias", previousId: "p"), ["user_id:u", "user_id:p", "anonymous_id:p"] },
        { Event(userId: "u", anonymousId: "a", type: "alias", previousId: "a"), ["user_id:u", "anonymous_id:a"] },
        { Event(userId: "u", type: "alias", previousId: "u"), ["user_id:u"] },
        { Event(userId: "u", type: "alias", previousId: "null"), ["user_id:u"] },
        { Event(userId: "u", previousId: "p"), ["user_id:u"] },
        { Event(userId: "operator", type: "merge", extra: """{"mergeProperties":[{"type":"mobile","value":"+43158858"},{"type":"email","value":"A@x.org"}]}"""), ["email:a@x.org", "phone:+43158858"] },
        { Event(userId: "u", type: "merge", extra: """{"mergeProperties":[{"type":"email","value":"none"},{"type":"colour","value":"red"}]}"""), ["user_id:u"] },
        { Event(userId: "operator", anonymousId: "a", type: "merge", extra: """{"mergeProperties":[{"type":"email","value":"null"}]}"""), ["user_id:operator"] },
        { Event(userId: "null", anonymousId: "a"), ["anonymous_id:a"] },
        { Event(userId: "null", anonymousId: "anonymous"), ["message_id:m"] },
        { Event(), ["message_id:m"] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_Event_NamesTheCustomerHighestPriorityFirst(Event envelope, string[] expected) => Assert.Equal(expected, Names(envelope));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("0")]
    [InlineData("000-000")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("-")]
    [InlineData("-1")]
    [InlineData("null")]
    [InlineData("NULL")]
    [InlineData("anonymous")]
    [InlineData("Anonymous")]
    [InlineData("unknown")]
    [InlineData("undefined")]
    [InlineData(" undefined\n")]
    public void Of_BlockedValue_IsDroppedWithItsReason(string value)
    {
        var names = Types.Of(Event(userId: value, anonymousId: "a"));
        Assert.Equal(["anonymous_id:a"], names.Identifiers.Select(Name));
        Assert.Equal([("user_id", value, "blocked")], names.Dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
    }

    [Theory]
    [InlineData("-10")]
    [InlineData("0a")]
    [InlineData("anonymous1")]
    [InlineData("nullify")]
    public void Of_ValueThatOnlyResemblesABlockedOne_Stays(string value) => Assert.Equal([$"user_id:{value}"], Names(Event(userId: value)));

    [Theory]
    [InlineData("\"a@x.org\"", true)]
    [InlineData("\"a.b+c@mail.x.org\"", true)]
    [InlineData("\"a@x\"", false)]
    [InlineData("\"a@@x.org\"", false)]
    [InlineData("\"a@x..org\"", false)]
    [InlineData("\"a b@x.org\"", false)]
    [InlineData("\"@x.org\"", false)]
    [InlineData("\"\\ud800@x.org\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("17", false)]
    [InlineData("null", false)]
    [InlineData("{\"work\":\"a@x.org\"}", false)]
    public void Of_Email_CountsOnlyIfItLooksLikeAnAddress(string json, bool counts) =>
        Assert.Equal(counts, Names(Event(userId: "u", type: "identify", traits: $$"""{"email":{{json}} }""")).Any(name => name.StartsWith("email:", StringComparison.Ordinal)));

    [Theory]
    [InlineData("+43158858", "+43158858")]
    [InlineData("0043 1 58858", null)]
    [InlineData("01 58858", null)]
    [InlineData("+1 (650) 253-0000", "+16502530000")]
    [InlineData("+1 650 253 0000 ext. 7", null)]
    [InlineData("+1 111 111 1111", null)]
    [InlineData("call me", null)]
    public void Of_PhoneWithoutARegion_IsE164OrInvalid(string sent, string? kept) => AssertPhone(Types, sent, kept);

    [Theory]
    [InlineData("01 58858", "+43158858")]
    [InlineData("0043 1 58858", "+43158858")]
    [InlineData("+16502530000", "+16502530000")]
    public void Of_PhoneWithARegion_NeedsNoCountryCode(string sent, string kept) => AssertPhone(new IdentifierTypes(DefaultTypes.All, new BlockedValues([], []), "AT", new Caps()), sent, kept);

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"traits":null}""")]
    [InlineData("""{"traits":["email"]}""")]
    [InlineData("""{"\ud800, no text":1,"traits":{"email":7}}""")]
    [InlineData("""{"device":7,"externalIds":{"id":"x","type":"email"}}""")]
    public void Of_ContextOfAnotherShape_NamesNobody(string context) => Assert.Equal(["user_id:u"], Names(Event(userId: "u", context: context)));

    [Fact]
    public void Of_ValueLongerThanAny_IsInvalidAndToldInPart()
    {
        var names = Types.Of(Event(userId: new string('u', IdentifierTypes.LongestValue + 1), anonymousId: new string('a', IdentifierTypes.LongestValue)));
        Assert.Equal(IdentifierTypes.LongestValue, Assert.Single(names.Identifiers).value.Length);
        Assert.Equal((new string('u', 64), "invalid"), (Assert.Single(names.Dropped).value, names.Dropped[0].reason));
    }

    [Fact]
    public void Of_MemberWhoseNameIsNoText_TheOthersCount() =>
        Assert.Equal(["user_id:u", "email:b@x.org"], Names(Event(userId: "u", context: """{"traits":{"\ud800 and more":1,"email":"b@x.org"},"\ud800 and more":1}""")));

    [Fact]
    public void Of_LongBlank_TakesNoLongerThanAShortOne()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var length in new[] { 10, IdentifierTypes.LongestValue, 1_000_000 }) Types.Of(Event(userId: new string(' ', length - 1) + "x"));
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Of_ListOfIdentifiers_TheBestAreKeptAndTheRestIsTold()
    {
        var names = Types.Of(Event(userId: "u", anonymousId: "a", context: $$"""{"externalIds":[{{string.Join(',', Enumerable.Range(0, 1_000).Select(i => $$"""{"type":"email","id":"{{i}}@x.org"}"""))}}]}"""));
        Assert.Equal(IdentifierTypes.MostOfAnEvent, names.Identifiers.Count);
        Assert.Equal(["user_id:u", "email:0@x.org"], names.Identifiers.Take(2).Select(Name));
        Assert.Equal(1_002 - IdentifierTypes.MostOfAnEvent, names.Dropped.Count);
        Assert.Equal(("anonymous_id", "a", "limit"), (names.Dropped[^1].type, names.Dropped[^1].value, names.Dropped[^1].reason));
    }

    [Theory]
    [InlineData("email", " Ann@X.org", "ann@x.org")]
    [InlineData("email", "no address", "no address")]
    [InlineData("phone", "+43 1 58858", "+43158858")]
    [InlineData("user_id", " U ", " U ")]
    [InlineData("never heard of", " U ", " U ")]
    public void Normalised_ForALookup_IsAsKeptOrAsAsked(string type, string value, string expected) => Assert.Equal(expected, Types.Normalised(type, value).value);

    private static void AssertPhone(IdentifierTypes types, string sent, string? kept)
    {
        var names = types.Of(Event(userId: "u", type: "identify", traits: $$"""{"phone":"{{sent}}"}"""));
        Assert.Equal(kept is null ? ["user_id:u"] : ["user_id:u", $"phone:{kept}"], names.Identifiers.Select(Name));
        Assert.Equal(kept is null ? [("phone", sent, "invalid")] : [], names.Dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
    }

    private static IEnumerable<string> Names(Event envelope) => Types.Of(envelope).Identifiers.Select(Name);

    private static string Name(Identifier identifier) => $"{identifier.type}:{identifier.value}";

    private static Event Event(string? userId = null, string? anonymousId = null, string type = "track", string? traits = null, string? context = null, string? previousId = null, string? extra = null) =>
        new() { messageId = "m", type = type, sourceId = "s", userId = userId, anonymousId = anonymousId, traits = traits, context = context, previousId = previousId, extra = extra };
}
