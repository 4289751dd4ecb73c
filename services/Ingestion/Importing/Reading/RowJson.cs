using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Where a row's JSON is written, one row after another.</summary>
public sealed class RowJson : IDisposable
{
    // It goes into no page of HTML; what is no ASCII stays as short as it is.
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    public RowJson() => Writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = Encoder, SkipValidation = true });

    public Utf8JsonWriter Writer { get; }

    /// <summary>What has been written since the last <see cref="Clear"/>; it stays until the next.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Writer.Flush();
            return _buffer.WrittenSpan;
        }
    }

    public void Clear()
    {
        Writer.Reset();
        _buffer.ResetWrittenCount();
    }

    public void Dispose() => Writer.Dispose();
}
