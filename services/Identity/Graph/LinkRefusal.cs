using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Graph;

/// <summary>
/// The linker's answer to a combination of identifiers, some of which it kept apart. It stays valid while the identifiers belong to the same groups:
/// profiles only grow, so a combination that exceeded a limit still exceeds it. Only a split makes a profile smaller. The resolver can therefore reuse the
/// answer instead of asking the linker again.
/// </summary>
/// <param name="Sequence">The sequence of the last decision at the time of the answer, which may be the answer's own decision.</param>
/// <param name="Groups">One letter for each identifier; identifiers with the same letter had the same root after the answer.</param>
/// <param name="Reasons">One character for each identifier: '.' if it was kept, else the first letter of the <see cref="DropReason"/>.</param>
public sealed record LinkRefusal(long Sequence, string Groups, string Reasons)
{
    private const char Kept = '.';

    /// <summary>The key of a combination under the rules of a configuration. Other rules lead to other answers, so they are part of the key.</summary>
    public static string KeyOf(IdentifierTypes types, Event envelope, IEnumerable<Identifier> identifiers)
    {
        var text = new StringBuilder(types.Rules).Append(Basis.IsStatement(envelope) ? '!' : '?');
        foreach (var identifier in identifiers) text.Append(identifier.type).Append(':').Append(identifier.value.Length).Append(':').Append(identifier.value);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <summary>A letter for each root, in order of first appearance: 'a' for the first root and all roots equal to it.</summary>
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

    /// <param name="sequence">The sequence of the last decision.</param>
    /// <param name="roots">The root of each identifier after that decision.</param>
    /// <param name="reasons">The reason for each identifier; null if it was kept.</param>
    public static LinkRefusal Of(long sequence, IReadOnlyList<string> roots, IEnumerable<string?> reasons) =>
        new(sequence, GroupsOf(roots), string.Concat(reasons.Select(reason => reason?[0] ?? Kept)));

    /// <summary>The form in which Redis stores it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence} {Groups} {Reasons}");

    /// <summary>Null if the text is missing or is not a refusal. The linker is then asked again, and its answer replaces the text.</summary>
    public static LinkRefusal? Parse(string? text) =>
        text?.Split(' ') is [var number, var groups, var reasons] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
        && groups.Length == reasons.Length && groups.All(char.IsAsciiLetter)
        && reasons.All(reason => reason is Kept || reason == DropReason.Limit[0] || reason == DropReason.Capped[0])
            ? new LinkRefusal(sequence, groups, reasons)
            : null;

    /// <summary>Whether the linker would give the same answer again.</summary>
    /// <param name="lastSplit">The sequence of the last split.</param>
    /// <param name="groups">The groups to which the identifiers belong now.</param>
    public bool IsCurrent(long lastSplit, string groups) => Sequence >= lastSplit && Groups == groups;

    /// <summary>Divides identifiers into those that are used for the event and those that stay apart.</summary>
    public (List<Identifier> Kept, List<DroppedIdentifier> Dropped) Divide(IReadOnlyList<Identifier> identifiers)
    {
        var (kept, dropped) = (new List<Identifier>(), new List<DroppedIdentifier>());
        foreach (var (identifier, letter) in identifiers.Zip(Reasons))
        {
            var reason = letter == DropReason.Limit[0] ? DropReason.Limit : DropReason.Capped;
            if (letter == Kept) kept.Add(identifier);
            else dropped.Add(new DroppedIdentifier { type = identifier.type, value = identifier.value, reason = reason });
        }
        return (kept, dropped);
    }
}
