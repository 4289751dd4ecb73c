using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A reusable buffer in which the JSON of one row after another is written.</summary>
public sealed class RowJson : IDisposable
{
    // The JSON is never embedded in HTML, so only what JSON requires is escaped.
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    public RowJson() => Writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = Encoder, SkipValidation = true });

    public Utf8JsonWriter Writer { get; }

    /// <summary>Everything written since the last <see cref="Clear"/>. Valid until the next.</summary>
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
