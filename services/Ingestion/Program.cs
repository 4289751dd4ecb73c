using Cdp.Hosting.Process;
using Cdp.Ingestion;
using Cdp.Ingestion.Sources;

if (args is not [NewWriteKey.Option]) return await CdpHost.RunAsync(IngestionService.Service, args);
NewWriteKey.Print();
return 0;
