using cdp;

namespace Cdp.Contracts;

/// <summary>
/// The values of the field <c>withheld</c> of Event: members that an event contains although its source may not set them. No consumer may use them.
/// </summary>
public static class Withheld
{
    /// <summary><c>userId</c>, <c>previousId</c>, and identifiers of the type user_id anywhere in the event.</summary>
    public const string UserIds = "user_ids";

    /// <summary>Every identifier except <c>userId</c>, <c>previousId</c> and <c>anonymousId</c>, anywhere in the event.</summary>
    public const string OtherIds = "other_ids";

    /// <summary>The <c>traits</c> of identify, and <c>context.traits</c>.</summary>
    public const string UserTraits = "user_traits";

    /// <summary>The <c>traits</c> of group.</summary>
    public const string GroupTraits = "group_traits";

    public static readonly IReadOnlyList<string> All = [UserIds, OtherIds, UserTraits, GroupTraits];

    /// <summary>Whether the source of an event is not allowed to set the members that the value covers.</summary>
    public static bool Covers(Event envelope, string word) => envelope.withheld?.Contains(word) == true;

    /// <summary>
    /// Whether the <c>traits</c> of an event must not be used. If the event type defines no traits, they may belong to a person or to an account, so either
    /// value covers them.
    /// </summary>
    public static bool CoversTraits(Event envelope) => envelope.type switch
    {
        "group" => Covers(envelope, GroupTraits),
        "identify" => Covers(envelope, UserTraits),
        _ => Covers(envelope, UserTraits) || Covers(envelope, GroupTraits),
    };
}
