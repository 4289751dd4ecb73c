using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>What the linker keeps to, as the installation under test is configured.</summary>
/// <param name="Types">Highest priority first, each with how many of it a profile may have before a link that adds more is refused.</param>
/// <param name="MostMerges">Of a profile; above it nothing joins.</param>
/// <param name="MostIdentifiers">Of a profile; above it nothing joins.</param>
public sealed record Rules(IReadOnlyList<(string Type, int Limit)> Types, int MostMerges, int MostIdentifiers)
{
    /// <summary>The caps are low, so that customers reach them.</summary>
    public static readonly Rules Tested = new([(Id.User, 1), (Id.Email, 5), (Id.Phone, 5), (Id.Anonymous, 5)], 3, 8);

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
