using System.Text;
using Cdp.Contracts;

namespace Cdp.Ingestion.Parsing;

/// <summary>How far a source is trusted. Every event carries it, so that later stages and replays apply the trust in force when the event arrived.</summary>
/// <param name="level">One of <see cref="TrustLevel"/>.</param>
/// <param name="withheld">Values of <see cref="Cdp.Contracts.Withheld"/>: what the source may not set.</param>
public sealed class Trust(string level, IReadOnlyList<string> withheld)
{
    /// <summary>The trust of a source whose write key is secret.</summary>
    public static readonly Trust Server = new(TrustLevel.Server, []);

    /// <summary>The trust of a source whose write key anyone may know.</summary>
    public static readonly Trust Public = new(TrustLevel.Public, []);

    private readonly byte[] _level = Encoding.UTF8.GetBytes(level);
    private readonly byte[][] _withheld = [.. withheld.Select(Encoding.UTF8.GetBytes)];

    public string Level { get; } = level;

    public IReadOnlyList<string> Withheld { get; } = withheld;

    /// <summary>Writes the fields <c>trust</c> and <c>withheld</c> of schemas/Event.avsc.</summary>
    public void WriteTo(AvroWriter record)
    {
        record.Branch(isPresent: true);
        record.Text(_level);
        record.Branch(_withheld.Length > 0);
        if (_withheld.Length == 0) return;
        record.Block(_withheld.Length);
        foreach (var item in _withheld) record.Text(item);
        record.EndBlocks();
    }
}
