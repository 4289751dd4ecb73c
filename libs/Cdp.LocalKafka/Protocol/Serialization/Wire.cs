namespace Cdp.LocalKafka.Protocol.Serialization;

/// <summary>A part of a Kafka message. Its fields are described once, for reading and writing.</summary>
internal interface IWireFields
{
    /// <summary>Passes every field to <paramref name="w"/> in wire order, with the versions that contain it.</summary>
    void Describe(Wire w);
}

/// <summary>
/// Visits the fields of a message in one version: <see cref="WireReader"/> reads them, <see cref="WireWriter"/> writes them.
/// Encodings follow the Kafka protocol guide. "Flexible" versions (KIP-482) have compact lengths and tagged fields.
/// </summary>
internal abstract class Wire(short version, bool flexible)
{
    public short Version { get; } = version;
    public bool Flexible { get; } = flexible;

    public void Int8(ref sbyte value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt8(ref value); }
    public void Int16(ref short value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt16(ref value); }
    public void Int32(ref int value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt32(ref value); }
    public void Int64(ref long value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt64(ref value); }
    public void Bool(ref bool value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnBool(ref value); }
    public void Uuid(ref Guid value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnUuid(ref value); }
    public void Error(ref ErrorCode value, short since = 0, short until = short.MaxValue)
    {
        var code = (short)value;
        Int16(ref code, since, until);
        value = (ErrorCode)code;
    }

    /// <summary>A string that is never null on the wire.</summary>
    public void String(ref string value, short since = 0, short until = short.MaxValue)
    {
        if (!Carries(since, until)) return;
        string? nullable = value;
        OnString(ref nullable);
        value = nullable ?? throw new ProtocolException("null where a string is required");
    }

    public void NullableString(ref string? value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnString(ref value); }

    /// <summary>Opaque bytes. Null is allowed if the message definition says nullable.</summary>
    public void Bytes(ref ReadOnlyMemory<byte>? value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnBytes(ref value); }

    /// <summary>Record batches. They are read as part of the frame, and written from memory or, when the frame is sent, from a segment file.</summary>
    public void Records(ref Records value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnRecords(ref value); }

    /// <summary>An array of structures. Null is allowed if the message definition says nullable.</summary>
    public void Array<T>(ref List<T>? items, short since = 0, short until = short.MaxValue) where T : class, IWireFields, new()
    {
        if (!Carries(since, until)) return;
        var count = items?.Count ?? -1;
        OnLength(ref count);
        if (Reading) items = count < 0 ? null : [];
        for (var i = 0; i < count; i++)
        {
            if (Reading) items!.Add(new T());
            items![i].Describe(this);
        }
    }

    public void Int32s(ref List<int>? items, short since = 0, short until = short.MaxValue) =>
        Primitives(ref items, static (Wire w, ref int v) => w.OnInt32(ref v), since, until);

    public void Int64s(ref List<long>? items, short since = 0, short until = short.MaxValue) =>
        Primitives(ref items, static (Wire w, ref long v) => w.OnInt64(ref v), since, until);

    public void Uuids(ref List<Guid>? items, short since = 0, short until = short.MaxValue) =>
        Primitives(ref items, static (Wire w, ref Guid v) => w.OnUuid(ref v), since, until);

    public void Strings(ref List<string>? items, short since = 0, short until = short.MaxValue) =>
        Primitives(ref items, static (Wire w, ref string v) => w.String(ref v), since, until);

    /// <summary>
    /// Ends a structure. In flexible versions, unknown tagged fields are skipped on reading and never written. A message that defines tagged fields lists them
    /// in <paramref name="known"/>.
    /// </summary>
    public void Tags(params ReadOnlySpan<TaggedField> known) { if (Flexible) OnTags(known); }

    protected abstract bool Reading { get; }
    protected abstract void OnInt8(ref sbyte value);
    protected abstract void OnInt16(ref short value);
    protected abstract void OnInt32(ref int value);
    protected abstract void OnInt64(ref long value);
    protected abstract void OnBool(ref bool value);
    protected abstract void OnUuid(ref Guid value);
    protected abstract void OnString(ref string? value);
    protected abstract void OnBytes(ref ReadOnlyMemory<byte>? value);
    protected abstract void OnRecords(ref Records value);
    protected abstract void OnLength(ref int count);
    protected abstract void OnTags(ReadOnlySpan<TaggedField> known);

    protected bool Carries(short since, short until) => Version >= since && Version <= until;

    private delegate void Item<T>(Wire w, ref T value);

    private void Primitives<T>(ref List<T>? items, Item<T> item, short since, short until)
    {
        if (!Carries(since, until)) return;
        var count = items?.Count ?? -1;
        OnLength(ref count);
        if (Reading) items = count < 0 ? null : [];
        for (var i = 0; i < count; i++)
        {
            var value = Reading ? default! : items![i];
            if (Reading && typeof(T) == typeof(string)) value = (T)(object)"";
            item(this, ref value);
            if (Reading) items!.Add(value);
        }
    }
}

/// <summary>A field of record batches: either bytes in memory, which may be null, or a slice of a segment file.</summary>
internal readonly record struct Records(ReadOnlyMemory<byte>? Bytes, FileSlice Stored);

/// <summary>
/// A tagged field (KIP-482). <paramref name="Present"/> says whether its value differs from the default, so that it has to be written.
/// </summary>
internal readonly record struct TaggedField(uint Tag, bool Present, Action<Wire> Describe);

/// <summary>The bytes from a client do not follow the protocol. Its connection is closed.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
