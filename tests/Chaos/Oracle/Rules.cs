using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>The limits of the installation under test.</summary>
/// <param name="Types">The identifier types, highest priority first, each with the maximum number per profile.</param>
/// <param name="MaxMerges">The maximum number of merges of a profile. Above it nothing is linked to it.</param>
/// <param name="MaxIdentifiers">The maximum number of identifiers of a profile. Above it nothing is linked to it.</param>
/// <param name="DuplicateWindow">The time within which a repeated message is a duplicate.</param>
public sealed record Rules(IReadOnlyList<(string Type, int Limit)> Types, int MaxMerges, int MaxIdentifiers, TimeSpan DuplicateWindow)
{
    /// <summary>Low caps, so that customers reach them, and a short window, so that it ends during the run.</summary>
    public static readonly Rules Tested = new([(Id.User, 1), (Id.Email, 5), (Id.Phone, 5), (Id.Anonymous, 5)], 3, 8, TimeSpan.FromMinutes(1));

    /// <summary>The maximum size of a dead letter (key and value) in bytes. A larger one is written without the original value.</summary>
    public const int MaxDeadLetterBytes = 3 * 1_024 * 1_024;

    public int Priority(Id id)
    {
        for (var i = 0; i < Types.Count; i++)
        {
            if (Types[i].Type == id.Type) return i;
        }
        return Types.Count;
    }

    public int Limit(string type)
    {
        foreach (var known in Types)
        {
            if (known.Type == type) return known.Limit;
        }
        return int.MaxValue;
    }
}
