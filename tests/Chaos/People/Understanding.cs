namespace Cdp.Chaos.People;

/// <summary>Which identifiers a draft carries, by the rules as people are told them. What values look like is known from how they were made.</summary>
public static class Understanding
{
    private static readonly HashSet<string> Nobody = ["00000000-0000-0000-0000-000000000000", "null", "anonymous", "-1"];

    public static IReadOnlyList<Id> Of(Draft draft, string messageId)
    {
        var ids = new List<Id>();
        // An alias does not say which of the two its previousId is, so it counts as both.
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
            if (value is not null && !Nobody.Contains(value)) ids.Add(new Id(type, value));
        }
    }
}
