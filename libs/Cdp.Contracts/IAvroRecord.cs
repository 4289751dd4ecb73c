using Avro.Specific;

namespace Cdp.Contracts;

/// <summary>
/// A record of schemas/ that writes itself with generated code, because traversing a schema is many times slower than writing. The readers are in
/// <c>AvroRecords</c>.
/// </summary>
public interface IAvroRecord : ISpecificRecord
{
    /// <summary>Writes the fields in the order of the schema.</summary>
    /// <exception cref="Avro.AvroException">A field that may not be null is null.</exception>
    void Write(AvroWriter to);
}

/// <summary>Reads a record that was written with exactly the schema that its type was generated from.</summary>
public delegate IAvroRecord AvroRead(ref AvroReader from);
