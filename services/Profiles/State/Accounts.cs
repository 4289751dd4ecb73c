using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Types;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>
/// The links that <c>group</c> calls make between persons and accounts. A person keeps the accounts named most recently, an account the people named most
/// recently, each with its latest call. Which links are kept does not depend on the order of the calls, because the stamp of a link only ever grows.
/// </summary>
public static class Accounts
{
    /// <summary>The <c>kind</c> of a profile created by group calls.</summary>
    public const string Kind = "account";

    /// <summary>The identifier of the account with this groupId.</summary>
    public static Identifier Identifier(string groupId) => new() { type = IdentifierTypes.GroupId, value = CanonicalIdentifier.Of(groupId) };

    /// <summary>
    /// The link to the account named by a group call; null for other events and for a groupId that is empty, blocked or too long. A blocked groupId
    /// (<c>undefined</c>, <c>[object Object]</c>) would put strangers into one account. Ingestion refuses such groupIds, but older records contain them.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="ids">Derives the id of the account from the groupId.</param>
    /// <param name="blocked">The values that identify nobody.</param>
    public static AccountLink? LinkOf(Event e, ProfileIds ids, BlockedValues blocked)
    {
        if (e is not { type: "group", groupId: { Length: <= IdentifierTypes.MaxValueLength } groupId }) return null;
        var account = Identifier(groupId);
        if (account.value == "" || blocked.Contains(account.value)) return null;
        return Bounded(new AccountLink { accountId = ids.Implied(account), groupId = account.value, timestamp = e.timestamp, messageId = e.messageId });
    }

    /// <summary>The person who made a group call, named by the best identifier of the call; null if it has no identifier.</summary>
    public static AccountMember? MemberOf(IdentifiedEvent call)
    {
        var e = call.validated.envelope;
        return call.identifiers.Count == 0
            ? null
            : Bounded(new AccountMember { identifier = call.identifiers[0], timestamp = e.timestamp, messageId = e.messageId });
    }

    public static void Add(IList<AccountLink> links, AccountLink link, int limit) => Latest.Add(
        links,
        link,
        limit,
        (a, b) => string.CompareOrdinal(a.accountId, b.accountId),
        (a, b) => Order.CompareStamps(a.timestamp, a.messageId, b.timestamp, b.messageId));

    public static void Add(IList<AccountMember> members, AccountMember member, int limit) => Latest.Add(
        members,
        member,
        limit,
        (a, b) => Order.Compare(a.identifier, b.identifier),
        (a, b) => Order.CompareStamps(a.timestamp, a.messageId, b.timestamp, b.messageId));

    public static AccountLink Bounded(AccountLink link) => new()
    {
        accountId = link.accountId,
        groupId = Texts.Name(link.groupId),
        timestamp = EventTime.Known(link.timestamp),
        messageId = Texts.MessageId(link.messageId),
    };

    public static AccountMember Bounded(AccountMember member) => new()
    {
        identifier = Texts.Member(member.identifier),
        timestamp = EventTime.Known(member.timestamp),
        messageId = Texts.MessageId(member.messageId),
    };
}
