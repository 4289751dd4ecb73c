using Avro.Specific;

namespace Cdp.Contracts;

/// <summary>
/// A record of schemas/ that writes itself: generated, since walking a schema costs many times what the writing does. Reads are in <c>AvroRecords</c>.
/// </summary>
public interface IAvroRecord : ISpecificRecord
{
    /// <summary>Appends its fields in the schema's order.</summary>
    /// <exception cref="Avro.AvroException">A field that may not be null is null.</exception>
    void Write(AvroWriter to);
}

/// <summary>Reads one record that was written with the very schema that its type was generated from.</summary>
public delegate IAvroRecord AvroRead(ref AvroReader from);
