using Cdp.Ingestion.Importing.Checkpoints;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>A row that was rejected.</summary>
public readonly record struct RowFault(long Line, Rejection Rejection);

/// <summary>The records that a batch of rows, or a part of one, was converted to. They are committed together.</summary>
public sealed class ConvertedBatch
{
    private readonly List<EncodedRecord> _records = [];

    /// <summary>The position in the file after the rows.</summary>
    public FilePosition End { get; set; }

    /// <summary>Whether the file ends with these rows.</summary>
    public bool IsLast { get; set; }

    /// <summary>The size of the records in bytes.</summary>
    public long Bytes { get; private set; }

    public IReadOnlyList<EncodedRecord> Records => _records;

    public List<RowFault> Faults { get; } = [];
    public Tally Tally { get; set; }

    public void Add(in EncodedRecord record)
    {
        _records.Add(record);
        Bytes += record.Value.Length;
    }
}
