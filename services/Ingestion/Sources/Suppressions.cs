using System.Collections.Frozen;
using System.Text;
using Cdp.Identifiers.Canonical;

namespace Cdp.Ingestion.Sources;

/// <summary>The users who asked to be forgotten. Their events are dropped and counted, but reported to the sender as accepted.</summary>
public sealed class Suppressions(IEnumerable<string> userIds)
{
    private readonly FrozenSet<string> _userIds = userIds.Select(CanonicalIdentifier.Of).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the events of this user are dropped.</summary>
    /// <param name="userId">The userId of an event in canonical form as UTF-8; empty if it has none.</param>
    public bool Cover(ReadOnlySpan<byte> userId) => _userIds.Count > 0 && _userIds.Contains(Encoding.UTF8.GetString(userId));

    /// <summary>Reads a file with one userId per line, without empty lines and those that begin with #. A missing file counts as empty.</summary>
    public static Suppressions Read(string? file, ICollection<string> errors)
    {
        if (!File.Exists(file)) return new Suppressions([]);
        try
        {
            return new Suppressions([.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{file}:1: cannot be read: {e.Message}; fix its permissions or remove it");
            return new Suppressions([]);
        }
    }
}
