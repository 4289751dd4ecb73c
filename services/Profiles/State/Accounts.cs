using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;

namespace Cdp.Profiles.State;

/// <summary>
/// What a <c>group</c> call says: this person belongs to that account. The person keeps the accounts that it was named with last, the account the people; of
/// each the latest call. The keys with the greatest stamps are the same in whichever order the calls came, because a stamp only ever grows.
/// </summary>
public static class Accounts
{
    /// <summary>The kind of a profile that group calls made.</summary>
    public const string Kind = "account";

    /// <summary>How many accounts a person is remembered to belong to.</summary>
    public const int LinksLimit = 100;

    /// <summary>How many people an account is remembered to have.</summary>
    public const int MembersLimit = 1_000;

    public static Identifier Identifier(string groupId) => new() { type = IdentifierTypes.GroupId, value = groupId };

    /// <summary>The account that an event puts its person into; null where it does not.</summary>
    public static AccountLink? LinkOf(Event e, ProfileIds ids) =>
        e.type == "group" && !string.IsNullOrWhiteSpace(e.groupId)
            ? new AccountLink { accountId = ids.Implied(Identifier(e.groupId)), groupId = e.groupId, timestamp = e.timestamp, messageId = e.messageId }
            : null;

    /// <summary>The person of a group call, by the best identifier; null where it has none.</summary>
    public static AccountMember? MemberOf(IdentifiedEvent call)
    {
        var e = call.validated.envelope;
        return call.identifiers.Count == 0 ? null : new AccountMember { identifier = call.identifiers[0], timestamp = e.timestamp, messageId = e.messageId };
    }

    public static void Add(IList<AccountLink> links, AccountLink link) =>
        Latest.Add(links, link, LinksLimit, (a, b) => string.CompareOrdinal(a.accountId, b.accountId), (a, b) => Order.Stamps(a.timestamp, a.messageId, b.timestamp, b.messageId));

    public static void Add(IList<AccountMember> members, AccountMember member) =>
        Latest.Add(members, member, MembersLimit, (a, b) => Order.Compare(a.identifier, b.identifier), (a, b) => Order.Stamps(a.timestamp, a.messageId, b.timestamp, b.messageId));
}
