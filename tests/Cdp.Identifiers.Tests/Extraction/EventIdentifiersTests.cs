using System.Diagnostics;
using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Xunit;

namespace Cdp.Identifiers.Tests.Extraction;

public sealed class EventIdentifiersTests
{
    private static readonly IdentifierTypes Types = DefaultTypes.Configuration;

    public static TheoryData<Event, string[]> Cases => new()
    {
        { Event(userId: "u"), ["user_id:u"] },
        { Event(anonymousId: "a"), ["anonymous_id:a"] },
        { Event(userId: "u", anonymousId: "a"), ["user_id:u", "anonymous_id:a"] },
        { Event(userId: " U-1 "), ["user_id:U-1"] },
        { Event(userId: "55520.0", anonymousId: "\u200ba\u00a0"), ["user_id:55520", "anonymous_id:a"] },
        { Event(anonymousId: "a", context: """{"externalIds":[{"id":55520.0,"type":"user_id"}]}"""), ["user_id:55520", "anonymous_id:a"] },
        {
            Event(anonymousId: "a", context: """{"externalIds":[{"id":5.552e4,"type":"user_id"},{"id":"55520","type":"user_id"}]}"""),
            ["user_id:55520", "anonymous_id:a"]
        },
        { Event(userId: "u", context: """{"externalIds":[{"id":"b\ufffd@x.org","type":"email"}]}"""), ["user_id:u"] },
        { Event(userId: "u", type: "identify", traits: """{"email":"Jose\u0301@XN--MNCHEN-3YA.de"}"""), ["user_id:u", "email:josé@münchen.de"] },
        { Event(userId: "u", type: "identify", traits: """{"email":"JOSÉ@M\u0075\u0308nchen\u3002DE"}"""), ["user_id:u", "email:josé@münchen.de"] },
        { Event(userId: "u", type: "identify", traits: """{"email":"a@xn--99999999.de"}"""), ["user_id:u", "email:a@xn--99999999.de"] },
        { Event(userId: "42", type: "alias", previousId: "42.0"), ["user_id:42"] },
        {
            Event(userId: "operator", type: "merge", extra: """{"mergeProperties":[{"type":"user_id","value":7.0},{"type":"anonymous_id","value":" a\t"}]}"""),
            ["user_id:7", "anonymous_id:a"]
        },
        {
            Event(userId: "u", anonymousId: "a", type: "identify", traits: """{"email":" Ann@Example.ORG "}"""),
            ["user_id:u", "email:ann@example.org", "anonymous_id:a"]
        },
        {
            Event(userId: "u", type: "identify", traits: """{"email":"a@x.org"}""", context: """{"traits":{"email":"b@x.org"}}"""),
            ["user_id:u", "email:a@x.org"]
        },
        { Event(userId: "u", type: "identify", traits: """{"email":"none"}""", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:b@x.org"] },
        { Event(userId: "u", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:b@x.org"] },
        { Event(userId: "u", type: "group", traits: """{"email":"office@x.org"}"""), ["user_id:u"] },
        { Event(userId: "u", type: "identify", traits: """{"phone":"+43 (1) 58858-0"}"""), ["user_id:u", "phone:+431588580"] },
        { Event(anonymousId: "a", context: """{"device":{"type":"iOS","id":"7B-A","advertisingId":"C0"}}"""), ["ios.idfv:7b-a", "anonymous_id:a"] },
        {
            Event(anonymousId: "a", context: """{"device":{"type":"ios","id":"7B-A","advertisingId":"C0","adTrackingEnabled":true}}"""),
            ["ios.idfa:c0", "ios.idfv:7b-a", "anonymous_id:a"]
        },
        {
            Event(anonymousId: "a", context: """{"device":{"type":"Android","id":"f0","advertisingId":"C0","adTrackingEnabled":false}}"""),
            ["android.id:f0", "anonymous_id:a"]
        },
        {
            Event(
                anonymousId: "a",
                context: """{"device":{"type":"android","advertisingId":"00000000-0000-0000-0000-000000000000","adTrackingEnabled":true}}"""),
            ["anonymous_id:a"]
        },
        {
            Event(
                anonymousId: "a",
                context: """
                    {"externalIds":[
                      {"id":"B@x.org","type":"email","collection":"users","encoding":"none"},{"id":"c@x.org","type":"email"},{"id":"b@x.org","type":"email"}
                    ]}
                    """),
            ["email:b@x.org", "email:c@x.org", "anonymous_id:a"]
        },
        { Event(userId: "u", context: """{"externalIds":[{"id":"x","type":"not_declared"},{"id":null,"type":"email"},7]}"""), ["user_id:u"] },
        { Event(userId: "u", type: "alias", previousId: "p"), ["user_id:u", "user_id:p", "anonymous_id:p"] },
        { Event(userId: "u", anonymousId: "a", type: "alias", previousId: "a"), ["user_id:u", "anonymous_id:a"] },
        { Event(userId: "u", type: "alias", previousId: "u"), ["user_id:u"] },
        { Event(userId: "u", type: "alias", previousId: "null"), ["user_id:u"] },
        { Event(userId: "u", previousId: "p"), ["user_id:u"] },
        {
            Event(
                userId: "operator",
                type: "merge",
                extra: """{"mergeProperties":[{"type":"mobile","value":"+43158858"},{"type":"email","value":"A@x.org"}]}"""),
            ["email:a@x.org", "phone:+43158858"]
        },
        {
            Event(userId: "u", type: "merge", extra: """{"mergeProperties":[{"type":"email","value":"none"},{"type":"colour","value":"red"}]}"""),
            ["user_id:u"]
        },
        {
            Event(userId: "operator", anonymousId: "a", type: "merge", extra: """{"mergeProperties":[{"type":"email","value":"null"}]}"""),
            ["user_id:operator"]
        },
        { Event(userId: "null", anonymousId: "a"), ["anonymous_id:a"] },
        { Event(userId: "null", anonymousId: "anonymous"), ["message_id:m"] },
        { Event(), ["message_id:m"] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_Event_HasItsIdentifiersHighestPriorityFirst(Event envelope, string[] expected) => Assert.Equal(expected, Identifiers(envelope));

    [Fact]
    public void Of_MergePropertyOfAnUnknownType_IsDroppedAsUnknown()
    {
        const string extra = """{"mergeProperties":[{"type":"ada@x.org","value":"red"},{"type":"email","value":"a@x.org"}]}""";
        var extracted = EventIdentifiers.Of(Event(userId: "u", type: "merge", extra: extra), Types);
        Assert.Equal(["unknown red invalid"], extracted.Dropped.Select(dropped => $"{dropped.type} {dropped.value} {dropped.reason}"));
    }

    /// <summary>The event, what its source is not trusted to set, and the remaining identifiers.</summary>
    public static TheoryData<Event, string[], string[]> WithheldCases => new()
    {
        { Event(userId: "u", anonymousId: "a"), ["user_ids"], ["anonymous_id:a"] },
        { Event(userId: "u"), ["user_ids"], ["message_id:m"] },
        { Event(userId: "u", type: "alias", previousId: "p"), ["user_ids"], ["message_id:m"] },
        {
            Event(anonymousId: "a", context: """{"externalIds":[{"id":"u","type":"user_id"},{"id":"e@x.org","type":"email"}]}"""),
            ["user_ids"],
            ["email:e@x.org", "anonymous_id:a"]
        },
        {
            Event(type: "merge", extra: """{"mergeProperties":[{"type":"user_id","value":"u"},{"type":"email","value":"e@x.org"}]}"""),
            ["user_ids"],
            ["email:e@x.org"]
        },
        {
            Event(userId: "u", type: "identify", traits: """{"email":"a@x.org"}""", context: """{"traits":{"email":"b@x.org"}}"""),
            ["user_traits"],
            ["user_id:u"]
        },
        { Event(userId: "u", type: "identify", traits: """{"email":"a@x.org"}"""), ["other_ids"], ["user_id:u"] },
        {
            Event(
                anonymousId: "a",
                context: """{"device":{"type":"iOS","id":"7B-A"},"externalIds":[{"id":"e@x.org","type":"email"}],"traits":{"email":"b@x.org"}}"""),
            ["other_ids"],
            ["anonymous_id:a"]
        },
        {
            Event(anonymousId: "a", type: "merge", extra: """{"mergeProperties":[{"type":"phone","value":"+43158858"},{"type":"email","value":"e@x.org"}]}"""),
            ["other_ids"],
            ["anonymous_id:a"]
        },
        {
            Event(userId: "u", anonymousId: "a", type: "identify", traits: """{"email":"a@x.org"}"""),
            ["group_traits"],
            ["user_id:u", "email:a@x.org", "anonymous_id:a"]
        },
        { Event(userId: "u", anonymousId: "a", type: "identify", traits: """{"email":"a@x.org"}"""), [], ["user_id:u", "email:a@x.org", "anonymous_id:a"] },
    };

    [Theory]
    [MemberData(nameof(WithheldCases))]
    public void Of_WithheldMembers_AreIgnored(Event envelope, string[] withheld, string[] expected)
    {
        Assert.NotEqual(withheld is [not "group_traits"], Identifiers(envelope).SequenceEqual(expected));
        envelope.withheld = withheld;
        Assert.Equal(expected, Identifiers(envelope));
    }

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
    public void Of_BlockedValue_IsDroppedAsBlocked(string value)
    {
        var extracted = EventIdentifiers.Of(Event(userId: value, anonymousId: "a"), Types);
        Assert.Equal(["anonymous_id:a"], extracted.Identifiers.Select(Name));
        Assert.Equal([("user_id", value, "blocked")], extracted.Dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
    }

    [Theory]
    [InlineData("-10")]
    [InlineData("0a")]
    [InlineData("anonymous1")]
    [InlineData("nullify")]
    public void Of_ValueThatResemblesABlockedOne_IsKept(string value) => Assert.Equal([$"user_id:{value}"], Identifiers(Event(userId: value)));

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
    public void Of_Email_IsUsedOnlyIfItIsAnAddress(string json, bool isUsed)
    {
        var identifiers = Identifiers(Event(userId: "u", type: "identify", traits: $$"""{"email":{{json}} }"""));
        Assert.Equal(isUsed, identifiers.Any(one => one.StartsWith("email:", StringComparison.Ordinal)));
    }

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
    public void Of_PhoneWithARegion_NeedsNoCountryCode(string sent, string kept) =>
        AssertPhone(new IdentifierTypes(DefaultTypes.All, new BlockedValues([], []), "AT", new Caps()), sent, kept);

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"traits":null}""")]
    [InlineData("""{"traits":["email"]}""")]
    [InlineData("""{"\ud800, no text":1,"traits":{"email":7}}""")]
    [InlineData("""{"device":7,"externalIds":{"id":"x","type":"email"}}""")]
    public void Of_ContextOfAnotherShape_IsIgnored(string context) => Assert.Equal(["user_id:u"], Identifiers(Event(userId: "u", context: context)));

    [Fact]
    public void Of_LongValue_IsInvalidAndCutOffInDropped()
    {
        var (tooLong, longest) = (new string('u', IdentifierTypes.MaxValueLength + 1), new string('a', IdentifierTypes.MaxValueLength));
        var extracted = EventIdentifiers.Of(Event(userId: tooLong, anonymousId: longest), Types);
        Assert.Equal(IdentifierTypes.MaxValueLength, Assert.Single(extracted.Identifiers).value.Length);
        Assert.Equal((new string('u', 64), "invalid"), (Assert.Single(extracted.Dropped).value, extracted.Dropped[0].reason));
    }

    [Fact]
    public void Of_MemberWithAnInvalidName_OthersAreUsed()
    {
        const string context = """{"traits":{"\ud800 and more":1,"email":"b@x.org"},"\ud800 and more":1}""";
        Assert.Equal(["user_id:u", "email:b@x.org"], Identifiers(Event(userId: "u", context: context)));
    }

    [Fact]
    public void Of_LongBlankValue_TakesNoLongerThanAShortOne()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var length in new[] { 10, IdentifierTypes.MaxValueLength, 1_000_000 })
        {
            EventIdentifiers.Of(Event(userId: new string(' ', length - 1) + "x"), Types);
        }
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Of_ManyIdentifiers_KeepsTheBestAndDropsTheRest()
    {
        var ids = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $$"""{"type":"email","id":"{{i}}@x.org"}"""));
        var extracted = EventIdentifiers.Of(Event(userId: "u", anonymousId: "a", context: $$"""{"externalIds":[{{ids}}]}"""), Types);
        Assert.Equal(IdentifierTypes.MaxPerEvent, extracted.Identifiers.Count);
        Assert.Equal(["user_id:u", "email:0@x.org"], extracted.Identifiers.Take(2).Select(Name));
        Assert.Equal(1_002 - IdentifierTypes.MaxPerEvent, extracted.Dropped.Count);
        Assert.Equal(("anonymous_id", "a", "limit"), (extracted.Dropped[^1].type, extracted.Dropped[^1].value, extracted.Dropped[^1].reason));
    }

    [Fact]
    public void Of_PreviousIdOfMegabytes_IsDroppedWithoutNormalisation()
    {
        var alias = Event(userId: "u", type: "alias", previousId: string.Concat(Enumerable.Repeat("e\u0301", 1_000_000)));
        Assert.Equal(["user_id:u"], Identifiers(alias));
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = EventIdentifiers.Of(alias, Types);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    private static void AssertPhone(IdentifierTypes types, string sent, string? kept)
    {
        var extracted = EventIdentifiers.Of(Event(userId: "u", type: "identify", traits: $$"""{"phone":"{{sent}}"}"""), types);
        Assert.Equal(kept is null ? ["user_id:u"] : ["user_id:u", $"phone:{kept}"], extracted.Identifiers.Select(Name));
        Assert.Equal(kept is null ? [("phone", sent, "invalid")] : [], extracted.Dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
    }

    private static IEnumerable<string> Identifiers(Event envelope) => EventIdentifiers.Of(envelope, Types).Identifiers.Select(Name);

    private static string Name(Identifier identifier) => $"{identifier.type}:{identifier.value}";

    private static Event Event(
        string? userId = null,
        string? anonymousId = null,
        string type = "track",
        string? traits = null,
        string? context = null,
        string? previousId = null,
        string? extra = null) => new()
        {
            messageId = "m",
            type = type,
            sourceId = "s",
            userId = userId,
            anonymousId = anonymousId,
            traits = traits,
            context = context,
            previousId = previousId,
            extra = extra,
        };
}
