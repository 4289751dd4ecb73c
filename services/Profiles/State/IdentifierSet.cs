using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>The sorted identifiers of a profile. If there are too many, those with the smallest hashes are kept.</summary>
public static class IdentifierSet
{
    private static readonly Comparer<Identifier> ByTypeAndValue = Comparer<Identifier>.Create(Order.Compare);

    /// <summary>Adds an identifier. The caller must call <see cref="Cut"/> afterwards.</summary>
    public static void Add(Profile profile, Identifier identifier) => Sorted.Add(profile.identifiers, Texts.Identifier(identifier), Order.Compare);

    public static void Cut(Profile profile, Bounds bounds)
    {
        // An account has one identifier, and needs the room for its members.
        var limit = profile.kind == Accounts.Kind ? bounds.AccountIdentifiers : bounds.Identifiers;
        if (profile.identifiers.Count <= limit) return;
        Cuts.Add(profile, Cuts.Identifiers);
        var kept = profile.identifiers.OrderBy(Hash, StringComparer.Ordinal).ThenBy(identifier => identifier, ByTypeAndValue).Take(limit);
        profile.identifiers = [.. kept.Order(ByTypeAndValue)];
    }

    private static string Hash(Identifier identifier) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{identifier.type}\0{identifier.value}")));
}
