using Cdp.Validation.Json;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Schemas;

/// <summary>A place where a JSON text violates a schema.</summary>
/// <param name="Kind">One of <see cref="ViolationKinds.All"/>.</param>
/// <param name="Path">JSON Pointer to the offending member, or to the place of a missing one. A long one is cut off and ends in an ellipsis.</param>
/// <param name="Message">What is required. It quotes the schema, never the event, because values are personal data.</param>
/// <param name="HasMember">Whether there is a member to omit.</param>
public sealed record Finding(string Kind, string Path, string Message, bool HasMember);

/// <summary>
/// The violations of a schema in a JSON text. All are counted, and the actions on all of them are known, but only <see cref="MaxKept"/> are kept: an event
/// of a megabyte can violate a plan a hundred thousand times, and the record about it must stay small.
/// </summary>
public sealed class Findings
{
    public const int MaxKept = 100;

    private const int MaxPathLength = 256;
    private const int MaxMessageLength = 256;

    private readonly List<Finding> _kept = [];
    private readonly HashSet<(string Kind, string Path, string Message)> _known = [];
    private readonly Dictionary<(string Kind, bool HasMember), int> _keptOf = [];
    private readonly Dictionary<string, HashSet<JToken>> _members = new(StringComparer.Ordinal);

    /// <summary>The first findings, including at least one of each kind with a member and one without, if there are any.</summary>
    public IReadOnlyList<Finding> Kept => _kept;

    /// <summary>The number of all findings.</summary>
    public int Count { get; private set; }

    /// <summary>How many steps the check took, whatever the result.</summary>
    public long Steps { get; internal set; }

    /// <summary>The kinds of all findings, and for each whether there is a member to omit.</summary>
    public IEnumerable<(string Kind, bool HasMember)> Kinds => _keptOf.Keys;

    /// <summary>The members to omit for all findings of a kind. For an element of an array it is the member that contains the array.</summary>
    public IReadOnlySet<JToken> Members(string kind) => _members.GetValueOrDefault(kind) ?? [];

    public static Findings Of(string kind, string message)
    {
        var findings = new Findings();
        findings.Keep(kind, "", message, hasMember: false);
        return findings;
    }

    /// <summary>Adds a finding.</summary>
    /// <param name="kind">One of <see cref="ViolationKinds.All"/>.</param>
    /// <param name="message">What is required.</param>
    /// <param name="token">The token that violates the schema.</param>
    /// <param name="missing">The name of the member that the token lacks; null if it does not lack one.</param>
    /// <returns>How many characters and elements were processed to find the token's path; 0 if the path was not needed.</returns>
    internal int Add(string kind, string message, JToken token, string? missing = null)
    {
        var member = missing is null ? Member(token) : null;
        if (member is not null)
        {
            if (!_members.TryGetValue(kind, out var members)) _members[kind] = members = new HashSet<JToken>(ReferenceEqualityComparer.Instance);
            members.Add(member);
        }
        if (_kept.Count == MaxKept && _keptOf.ContainsKey((kind, member is not null)))
        {
            Count++;
            return 0;
        }
        var path = Path(token, missing);
        Keep(kind, path, message, member is not null);
        return path.Length + JsonTree.Siblings(token);
    }

    // Two branches of a schema may find the same violation.
    private void Keep(string kind, string path, string message, bool hasMember)
    {
        if (!_known.Add((kind, path, message))) return;
        Count++;
        if (_kept.Count == MaxKept)
        {
            var spare = _kept.FindLastIndex(kept => _keptOf[(kept.Kind, kept.HasMember)] > 1);
            _keptOf[(_kept[spare].Kind, _kept[spare].HasMember)]--;
            _kept.RemoveAt(spare);
        }
        _kept.Add(new Finding(kind, Truncate(path, MaxPathLength), Truncate(message, MaxMessageLength), hasMember));
        _keptOf[(kind, hasMember)] = _keptOf.GetValueOrDefault((kind, hasMember)) + 1;
    }

    private static JToken? Member(JToken token)
    {
        var member = token;
        while (member.Parent is JArray array) member = array;
        return member.Parent is null ? null : member;
    }

    private static string Path(JToken token, string? missing) =>
        missing is null ? JsonTree.Pointer(token) : $"{JsonTree.Pointer(token)}/{JsonTree.Escape(missing)}";

    private static string Truncate(string text, int length)
    {
        if (text.Length <= length) return text;
        return text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";
    }
}
