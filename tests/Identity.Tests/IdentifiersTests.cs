using cdp;
using Xunit;

namespace Cdp.Identity.Tests;

public sealed class IdentifiersTests
{
    public static TheoryData<Event, string[]> Cases => new()
    {
        { A.Event("m", userId: "u"), ["user_id:u"] },
        { A.Event("m", anonymousId: "a"), ["anonymous_id:a"] },
        { A.Event("m", userId: "u", anonymousId: "a"), ["user_id:u", "anonymous_id:a"] },
        { A.Event("m", userId: " U-1 "), ["user_id: U-1 "] },
        { A.Event("m", userId: "u", anonymousId: "a", type: "identify", traits: """{"email":" Ann@Example.ORG "}"""), ["user_id:u", "email:ann@example.org", "anonymous_id:a"] },
        { A.Event("m", userId: "u", type: "identify", traits: """{"email":"a@x.org"}""", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:a@x.org"] },
        { A.Event("m", userId: "u", type: "identify", traits: """{"email":"none"}""", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:b@x.org"] },
        { A.Event("m", userId: "u", context: """{"traits":{"email":"b@x.org"}}"""), ["user_id:u", "email:b@x.org"] },
        { A.Event("m", userId: "u", type: "group", traits: """{"email":"office@x.org"}"""), ["user_id:u"] },
        { A.Event("m", userId: "u", type: "alias", previousId: "p"), ["user_id:u", "user_id:p", "anonymous_id:p"] },
        { A.Event("m", userId: "u", anonymousId: "a", type: "alias", previousId: "a"), ["user_id:u", "anonymous_id:a"] },
        { A.Event("m", userId: "u", type: "alias", previousId: "u"), ["user_id:u"] },
        { A.Event("m", userId: "u", type: "alias", previousId: "null"), ["user_id:u"] },
        { A.Event("m", userId: "u", previousId: "p"), ["user_id:u"] },
        { A.Event("m", userId: "null", anonymousId: "a"), ["anonymous_id:a"] },
        { A.Event("m", userId: "null", anonymousId: "anonymous"), ["message_id:m"] },
        { A.Event("m"), ["message_id:m"] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_Event_NamesTheCustomerHighestPriorityFirst(Event envelope, string[] expected) => Assert.Equal(expected, Identifiers.Of(envelope).Select(A.Name));

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
    public void Of_BlockedValue_IsDropped(string value) => Assert.Equal(["anonymous_id:a"], Identifiers.Of(A.Event("m", userId: value, anonymousId: "a")).Select(A.Name));

    [Theory]
    [InlineData("-10")]
    [InlineData("0a")]
    [InlineData("anonymous1")]
    [InlineData("nullify")]
    public void Of_ValueThatOnlyResemblesABlockedOne_Stays(string value) => Assert.Equal([$"user_id:{value}"], Identifiers.Of(A.Event("m", userId: value)).Select(A.Name));

    [Theory]
    [InlineData("\"a@x.org\"", true)]
    [InlineData("\"a.b+c@mail.x.org\"", true)]
    [InlineData("\"a@x\"", false)]
    [InlineData("\"a@@x.org\"", false)]
    [InlineData("\"a@x..org\"", false)]
    [InlineData("\"a b@x.org\"", false)]
    [InlineData("\"@x.org\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("17", false)]
    [InlineData("null", false)]
    [InlineData("{\"work\":\"a@x.org\"}", false)]
    public void Of_Email_CountsOnlyIfItLooksLikeAnAddress(string json, bool counts) =>
        Assert.Equal(counts, Identifiers.Of(A.Event("m", userId: "u", type: "identify", traits: $$"""{"email":{{json}} }""")).Any(identifier => identifier.type == Identifiers.Email));

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"traits":null}""")]
    [InlineData("""{"traits":["email"]}""")]
    public void Of_ContextOfAnotherShape_HasNoEmail(string context) => Assert.Equal(["user_id:u"], Identifiers.Of(A.Event("m", userId: "u", context: context)).Select(A.Name));
}
