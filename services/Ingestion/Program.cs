using Cdp.Hosting;
using Cdp.Ingestion;

return await CdpHost.RunAsync(IngestionService.Service, args);
