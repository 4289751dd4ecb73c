using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity;

/// <summary>
/// What the linker answered to a combination of identifiers of which some stayed apart. As long as they stand in the same groups it would answer the
/// same again: profiles only grow, so what was too much remains too much. Only a split makes one smaller. So the resolver need not ask.
/// </summary>
/// <param name="Sequence">The decision's.</param>
/// <param name="Groups">Which of them were of one root after it: a letter each.</param>
/// <param name="Fates">A '.' for each that was kept, else the first letter of the reason.</param>
public sealed record Refusal(long Sequence, string Groups, string Fates)
{
    private const char Kept = '.';

    /// <summary>An alias or merge call states that two names are one customer; of other events it is concluded.</summary>
    public static bool IsStated(Event envelope) => envelope.type is "alias" or "merge";

    /// <summary>Names a combination, as the rules of a configuration judge it. With other rules there is another answer.</summary>
    public static string Key(IdentifierTypes types, bool isStated, IEnumerable<Identifier> identifiers)
    {
        var text = new StringBuilder(types.Rules).Append(isStated ? '!' : '?');
        foreach (var identifier in identifiers) text.Append(identifier.type).Append(':').Append(identifier.value.Length).Append(':').Append(identifier.value);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <summary>Which of them belong together: the same letter for the same root, 'a' for the first.</summary>
    public static string GroupsOf(IReadOnlyList<string> roots)
    {
        var letters = new Dictionary<string, char>();
        return string.Create(roots.Count, (roots, letters), static (text, state) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (!state.letters.TryGetValue(state.roots[i], out var letter)) state.letters[state.roots[i]] = letter = (char)('a' + state.letters.Count);
                text[i] = letter;
            }
        });
    }

    /// <param name="sequence">The decision's.</param>
    /// <param name="roots">Of all of them, after it.</param>
    /// <param name="reasons">Null for each that was kept.</param>
    public static Refusal Of(long sequence, IReadOnlyList<string> roots, IEnumerable<string?> reasons) =>
        new(sequence, GroupsOf(roots), string.Concat(reasons.Select(reason => reason?[0] ?? Kept)));

    /// <summary>Whether the linker would answer it again.</summary>
    /// <param name="lastSplit">The sequence of the last decision that made a profile smaller.</param>
    /// <param name="groups">As the identifiers stand now.</param>
    public bool Holds(long lastSplit, string groups) => Sequence > lastSplit && Groups == groups;

    /// <summary>Those that are the event's, and those that stay apart.</summary>
    public (List<Identifier> Kept, List<DroppedIdentifier> Dropped) Divide(IReadOnlyList<Identifier> identifiers)
    {
        var (kept, dropped) = (new List<Identifier>(), new List<DroppedIdentifier>());
        foreach (var (identifier, fate) in identifiers.Zip(Fates))
        {
            if (fate == Kept) kept.Add(identifier);
            else dropped.Add(new DroppedIdentifier { type = identifier.type, value = identifier.value, reason = fate == DropReason.Limit[0] ? DropReason.Limit : DropReason.Capped });
        }
        return (kept, dropped);
    }
}
