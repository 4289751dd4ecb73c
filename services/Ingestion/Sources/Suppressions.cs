using System.Collections.Frozen;
using System.Text;

namespace Cdp.Ingestion.Sources;

/// <summary>The users who asked not to be followed. What names one of them as its userId is dropped, counted and answered as if it were taken.</summary>
public sealed class Suppressions(IEnumerable<string> userIds)
{
    private readonly FrozenSet<string> _userIds = userIds.ToFrozenSet(StringComparer.Ordinal);

    /// <param name="userId">As UTF-8; empty where an event has none.</param>
    public bool Cover(ReadOnlySpan<byte> userId) => _userIds.Count > 0 && _userIds.Contains(Encoding.UTF8.GetString(userId));

    /// <summary>Reads a file of one userId a line; lines that begin with # and empty ones are not looked at. A file that does not exist names nobody.</summary>
    public static Suppressions Read(string? file, ICollection<string> errors)
    {
        if (!File.Exists(file)) return new Suppressions([]);
        try
        {
            return new Suppressions([.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{file}:1: cannot be read: {e.Message}; mend its permissions or remove it");
            return new Suppressions([]);
        }
    }
}
