namespace Cdp.Chaos.People;

/// <summary>The identifiers that a draft carries by the documented rules. The generator knows the canonical form of each value.</summary>
public static class ExpectedIds
{
    private static readonly HashSet<string> Placeholders = ["00000000-0000-0000-0000-000000000000", "null", "anonymous", "-1", .. Notations.Placeholders];

    public static IReadOnlyList<Id> Of(Draft draft, string messageId)
    {
        var ids = new List<Id>();
        // An alias does not state whether its previousId is a user or an anonymous id, so it counts as both.
        var previousId = draft.Type == "alias" && draft.PreviousId != draft.UserId && draft.PreviousId != draft.AnonymousId ? draft.PreviousId : null;
        Add(Id.User, draft.UserId);
        Add(Id.User, previousId);
        Add(Id.Email, draft.Email);
        Add(Id.Phone, draft.Phone);
        Add(Id.Anonymous, draft.AnonymousId);
        Add(Id.Anonymous, previousId);
        foreach (var id in draft.Merge) Add(id.Type, id.Value);
        return ids.Count > 0 ? ids : [new Id(Id.Message, messageId)];

        void Add(string type, string? value)
        {
            if (value is not null && !Placeholders.Contains(value)) ids.Add(new Id(type, value));
        }
    }
}
